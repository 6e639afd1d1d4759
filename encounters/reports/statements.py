"""What the database is asked for a report. Values are parameters; what is put together here is text of our own."""

MOST_ROWS = 15
"""So many clinics, drugs and rules are told, the most frequent first."""

_NARROWED = """
    (%(payer)s = '' OR r.payer_id = (SELECT id FROM encounters_payer WHERE code = %(payer)s))
    AND (%(site)s = '' OR r.location_id = (SELECT id FROM encounters_location WHERE code = %(site)s))
    AND (cardinality(%(sites)s::bigint[]) = 0 OR r.location_id = ANY (%(sites)s::bigint[]))
"""
_ACCEPTED = f"""
    r.state = 'accepted' AND r.accepted_at >= %(since)s AND r.accepted_at < %(until)s
    AND (%(coder)s = 0 OR r.accepted_by_id = %(coder)s) AND {_NARROWED}
"""
_PERSON = "coalesce(nullif(trim(concat_ws(' ', u.first_name, u.last_name)), ''), u.username)"
_HOW = """
    count(*) FILTER (WHERE how = 'overridden'), count(*) FILTER (WHERE how = 'added'),
    count(*) FILTER (WHERE how = 'rejected')
"""
THROUGHPUT = f"""
    SELECT (r.accepted_at AT TIME ZONE %(zone)s)::date, count(*) FROM encounters_review r
    WHERE {_ACCEPTED} GROUP BY 1 ORDER BY 1
"""
ACTIVE = f"""
    SELECT {_PERSON}, r.encounters, r.timed, r.half / 60, r.most / 60
    FROM (
        SELECT accepted_by_id, count(*) AS encounters, count(active_seconds) AS timed,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY active_seconds) AS half,
            percentile_cont(0.9) WITHIN GROUP (ORDER BY active_seconds) AS most
        FROM encounters_review r WHERE {_ACCEPTED} GROUP BY 1
    ) r JOIN auth_user u ON u.id = r.accepted_by_id ORDER BY 1
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
CHANGED = f"""
    WITH accepted AS MATERIALIZED (
        SELECT r.id, r.encounter_id, r.accepted_run_id, r.acceptances FROM encounters_review r
        WHERE {_ACCEPTED} AND (r.lines_edited > 0 OR r.lines_added > 0 OR r.lines_rejected > 0)
    ), rejected AS (
        -- Lines that somebody rejected, and did not take back or bill after all.
        SELECT DISTINCT a.id, a.accepted_run_id, a.encounter_id, d.line_key
        FROM accepted a
        JOIN encounters_linedecision d ON d.review_id = a.id AND d.run_id = a.accepted_run_id AND d.action = 'rejected'
        WHERE NOT EXISTS (SELECT FROM encounters_linedecision u WHERE u.undoes_id = d.id)
          AND NOT EXISTS (
            SELECT FROM encounters_finalline f
            WHERE f.review_id = a.id AND f.acceptance = a.acceptances AND f.line_key = d.line_key
          )
    ), changed AS MATERIALIZED (
        SELECT a.encounter_id, f.administrations, f.origin AS how, c.rules
        FROM accepted a
        JOIN encounters_finalline f ON f.review_id = a.id AND f.acceptance = a.acceptances AND f.origin <> 'suggested'
        LEFT JOIN encounters_codedline c ON c.run_id = a.accepted_run_id AND c.key = f.line_key
        UNION ALL
        SELECT x.encounter_id, c.administrations, 'rejected', c.rules
        FROM rejected x
        JOIN encounters_codedline c ON c.run_id = x.accepted_run_id AND c.key = x.line_key
    )
    (
        SELECT 'rule' AS what, rule AS name, count(*) AS number, {_HOW}
        FROM changed CROSS JOIN LATERAL unnest(rules) rule GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT {MOST_ROWS}
    ) UNION ALL (
        SELECT 'drug', coalesce(d.drug_name, 'no administration'), count(*), {_HOW}
        FROM changed c
        LEFT JOIN encounters_drugadministration d
            ON d.encounter_id = c.encounter_id AND d.external_id = c.administrations[1]
        GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT {MOST_ROWS}
    ) ORDER BY what, number DESC, name
"""
ACCEPTANCE = f"""
    SELECT {_PERSON}, untouched, edited, added, rejected
    FROM (
        SELECT accepted_by_id, sum(lines_untouched) AS untouched, sum(lines_edited) AS edited,
            sum(lines_added) AS added, sum(lines_rejected) AS rejected
        FROM encounters_review r WHERE {_ACCEPTED} GROUP BY 1
    ) r JOIN auth_user u ON u.id = r.accepted_by_id ORDER BY 1
"""
