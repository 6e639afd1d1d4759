"""What the database is asked for a report. Values are parameters; what is put together here is text of our own."""

MOST_ROWS = 15
"""So many clinics, drugs and rules are told, the most frequent first."""

_NARROWED = """
    (%(payer)s = '' OR r.payer_id = (SELECT id FROM encounters_payer WHERE code = %(payer)s))
    AND (%(site)s = '' OR r.location_id = (SELECT id FROM encounters_location WHERE code = %(site)s))
"""
_ACCEPTED = f"""
    accepted AS MATERIALIZED (
        SELECT r.id, r.encounter_id, r.accepted_run_id, r.accepted_by_id, r.accepted_at, r.acceptances
        FROM encounters_review r
        WHERE r.state = 'accepted' AND r.accepted_at >= %(since)s AND r.accepted_at < %(until)s
          AND (%(coder)s = 0 OR r.accepted_by_id = %(coder)s) AND {_NARROWED}
    )
"""
# A line that somebody rejected, and did not take back or bill after all.
_REJECTED = """
    rejected AS (
        SELECT DISTINCT a.id, a.accepted_by_id, a.accepted_run_id, a.encounter_id, a.acceptances, d.line_key
        FROM accepted a
        JOIN encounters_linedecision d ON d.review_id = a.id AND d.run_id = a.accepted_run_id AND d.action = 'rejected'
        WHERE NOT EXISTS (SELECT FROM encounters_linedecision u WHERE u.undoes_id = d.id)
          AND NOT EXISTS (
            SELECT FROM encounters_finalline f
            WHERE f.review_id = a.id AND f.acceptance = a.acceptances AND f.line_key = d.line_key
          )
    )
"""
_CHANGED = f"""
    WITH {_ACCEPTED}, {_REJECTED}, changed AS (
        SELECT a.accepted_run_id AS run_id, a.encounter_id, f.line_key, f.administrations, f.origin AS how
        FROM accepted a
        JOIN encounters_finalline f ON f.review_id = a.id AND f.acceptance = a.acceptances AND f.origin <> 'suggested'
        UNION ALL
        SELECT x.accepted_run_id, x.encounter_id, x.line_key, c.administrations, 'rejected'
        FROM rejected x
        LEFT JOIN encounters_codedline c ON c.run_id = x.accepted_run_id AND c.key = x.line_key
    )
"""
_HOW = """
    count(*) FILTER (WHERE how = 'overridden'), count(*) FILTER (WHERE how = 'added'),
    count(*) FILTER (WHERE how = 'rejected')
"""
THROUGHPUT = f"""
    WITH {_ACCEPTED}
    SELECT (accepted_at AT TIME ZONE %(zone)s)::date, count(*) FROM accepted GROUP BY 1 ORDER BY 1
"""
ACTIVE = f"""
    WITH {_ACCEPTED}, turns AS (
        SELECT e.encounter_id, e.tag, e.actor_id, e.at,
            lead(e.at) OVER (PARTITION BY e.encounter_id ORDER BY e.id) AS ended
        FROM accepted a
        JOIN encounters_auditevent e ON e.encounter_id = a.encounter_id
        WHERE e.tag = ANY(%(turns)s) AND e.at <= a.accepted_at
    ), worked AS (
        SELECT a.accepted_by_id, a.encounter_id, sum(extract(epoch FROM t.ended - t.at)) / 60 AS minutes
        FROM accepted a
        LEFT JOIN turns t ON t.encounter_id = a.encounter_id AND t.tag = %(claimed)s AND t.ended IS NOT NULL
        GROUP BY 1, 2
    )
    SELECT coalesce(nullif(trim(concat_ws(' ', u.first_name, u.last_name)), ''), u.username), count(*),
        count(minutes), percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes),
        percentile_cont(0.9) WITHIN GROUP (ORDER BY minutes)
    FROM worked w JOIN auth_user u ON u.id = w.accepted_by_id GROUP BY u.id ORDER BY 1
"""
AGES = f"""
    SELECT count(*) FILTER (WHERE share < 0.5), count(*) FILTER (WHERE share >= 0.5 AND share < 0.8),
        count(*) FILTER (WHERE share >= 0.8 AND share < 1), count(*) FILTER (WHERE share >= 1)
    FROM (
        SELECT (%(on)s::date - r.date_of_service)::float / greatest(r.due_date - r.date_of_service, 1) AS share
        FROM encounters_review r
        WHERE r.state <> 'accepted' AND (%(coder)s = 0 OR %(coder)s IN (r.claimed_by_id, r.assigned_to_id))
          AND {_NARROWED}
    ) AS aged
"""
PENDS = f"""
    SELECT reason, sum(sent), sum(waiting) FROM (
        SELECT e.after->>'pend_reason' AS reason, count(*) AS sent, 0 AS waiting
        FROM encounters_auditevent e JOIN encounters_review r ON r.encounter_id = e.encounter_id
        WHERE e.tag = 'review:encounter:pended' AND e.at >= %(since)s AND e.at < %(until)s
          AND (%(coder)s = 0 OR e.actor_id = %(coder)s) AND {_NARROWED} GROUP BY 1
        UNION ALL
        SELECT r.pend_reason, 0, count(*) FROM encounters_review r
        WHERE r.state = 'pended' AND (%(coder)s = 0 OR r.assigned_to_id = %(coder)s) AND {_NARROWED} GROUP BY 1
    ) AS pended WHERE reason <> '' GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1
"""
FINDINGS = f"""
    SELECT grouping(f.kind, l.name, d.drug_name, hour) AS what, f.kind, l.name, d.drug_name, hour,
        count(*), count(*) FILTER (WHERE f.severity = 'blocks')
    FROM encounters_review r
    JOIN encounters_runfinding f ON f.run_id = r.run_id AND f.severity IN ('blocks', 'warns')
    LEFT JOIN encounters_location l ON l.id = r.location_id
    LEFT JOIN encounters_drugadministration d
        ON d.encounter_id = r.encounter_id AND d.external_id = f.administrations[1]
    CROSS JOIN LATERAL (
        SELECT extract(hour FROM d.started_at AT TIME ZONE coalesce(l.time_zone, %(zone)s))::int AS hour
    ) h
    WHERE r.date_of_service >= %(first_day)s AND r.date_of_service < %(end_day)s
      AND (%(coder)s = 0 OR r.accepted_by_id = %(coder)s) AND {_NARROWED}
    GROUP BY GROUPING SETS ((f.kind), (l.name), (d.drug_name), (hour))
    ORDER BY 1, count(*) DESC, 2, 3, 4, 5
"""
BY_DRUG = f"""{_CHANGED}
    SELECT coalesce(d.drug_name, 'no administration'), {_HOW}
    FROM changed c
    LEFT JOIN encounters_drugadministration d
        ON d.encounter_id = c.encounter_id AND d.external_id = c.administrations[1]
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MOST_ROWS}
"""
BY_RULE = f"""{_CHANGED}
    SELECT rule, count(*) FILTER (WHERE c.how = 'overridden'), count(*) FILTER (WHERE c.how = 'rejected')
    FROM changed c
    JOIN encounters_codedline l ON l.run_id = c.run_id AND l.key = c.line_key
    CROSS JOIN LATERAL unnest(l.rules) rule
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MOST_ROWS}
"""
ACCEPTANCE = f"""
    WITH {_ACCEPTED}, {_REJECTED}, decided AS (
        SELECT a.accepted_by_id, f.origin AS how FROM accepted a
        JOIN encounters_finalline f ON f.review_id = a.id AND f.acceptance = a.acceptances
        UNION ALL
        SELECT accepted_by_id, 'rejected' FROM rejected
    )
    SELECT coalesce(nullif(trim(concat_ws(' ', u.first_name, u.last_name)), ''), u.username),
        count(*) FILTER (WHERE how = 'suggested'), {_HOW}
    FROM decided JOIN auth_user u ON u.id = accepted_by_id GROUP BY u.id ORDER BY 1
"""
