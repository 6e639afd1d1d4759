"""Addresses of the chart, the review and the rules; each group has a namespace of its own."""

from django.urls import include, path

from encounters.views import (
    appearance,
    audit,
    clinic,
    compare,
    dossier,
    guide,
    history,
    impact,
    intake,
    keys,
    notes,
    palette,
    queue,
    queue_acts,
    reading,
    reports,
    review,
    routing,
    rulebook,
    sample_items,
    samples,
    seeding,
    unmapped,
    what_if,
)

review_addresses = [
    path("", queue.queue, name="queue"),
    path("next/", queue.open_next, name="next"),
    path("search/", queue.search, name="search"),
    path("claims/", queue.claims, name="claims"),
    path("assign/", queue_acts.assign, name="assign"),
    path("together/", queue_acts.together, name="together"),
    path("narrow/", queue_acts.narrow, name="narrow"),
    path("filters/", queue_acts.keep_filter, name="keep_filter"),
    path("filters/remove/", queue_acts.remove_filter, name="remove_filter"),
    path("routing/", routing.index, name="routing"),
    path("routing/add/", routing.add_rule, name="add_rule"),
    path("routing/remove/", routing.remove_rule, name="remove_rule"),
    path("routing/skill/", routing.set_skill, name="set_skill"),
    path("appearance/", appearance.appearance, name="appearance"),
    path("<int:encounter_id>/", review.encounter, name="encounter"),
    path("<int:encounter_id>/accept/", review.accept, name="accept"),
    path("<int:encounter_id>/pend/", review.pend, name="pend"),
    path("<int:encounter_id>/second-review/", review.second_review, name="second_review"),
    path("<int:encounter_id>/return/", review.return_to_coder, name="return"),
    path("<int:encounter_id>/wake/", review.wake, name="wake"),
    path("<int:encounter_id>/reopen/", review.reopen, name="reopen"),
    path("<int:encounter_id>/skip/", review.skip, name="skip"),
    path("<int:encounter_id>/undo/", review.undo, name="undo"),
    path("<int:encounter_id>/heartbeat/", review.heartbeat, name="heartbeat"),
    path("<int:encounter_id>/release/", review.release, name="release"),
    path("<int:encounter_id>/see/", reading.see, name="see"),
    path("<int:encounter_id>/codes/", reading.codes, name="codes"),
    path("<int:encounter_id>/notes/", notes.write, name="note"),
    path("<int:encounter_id>/what-if/", what_if.what_if, name="what_if"),
    path("<int:encounter_id>/addenda/", what_if.addendum, name="addendum"),
    path("<int:encounter_id>/addenda/<int:addendum_id>/withdraw/", what_if.withdraw_addendum, name="withdraw_addendum"),
    path("<int:encounter_id>/compare/", compare.compare, name="compare"),
    path("<int:encounter_id>/ask/", clinic.ask_form, name="ask_form"),
    path("<int:encounter_id>/ask/send/", clinic.ask, name="ask"),
    path("<int:encounter_id>/add-line/", review.add_line, name="add_line"),
    path("<int:encounter_id>/lines/<str:line_key>/", review.line, name="line"),
    path("<int:encounter_id>/lines/<str:line_key>/why/", reading.why, name="why"),
    path("<int:encounter_id>/lines/<str:line_key>/accept/", review.accept_line, name="accept_line"),
    path("<int:encounter_id>/lines/<str:line_key>/<slug:mode>/", review.line_form, name="line_form"),
]
clinic_addresses = [
    path("", clinic.index, name="index"),
    path("<int:query_id>/", clinic.answer, name="query"),
    path("<int:query_id>/withdraw/", clinic.withdraw, name="withdraw"),
]
audit_addresses = [
    path("trail/", audit.trail, name="trail"),
    path("trail/export.csv", audit.export, name="export"),
    path("trail/sign-off/", audit.sign_off, name="sign_off"),
    path("replay/<int:run_id>/", audit.replay, name="replay"),
    path("dossier/<int:encounter_id>/", dossier.export, name="dossier"),
    path("samples/", samples.index, name="samples"),
    path("samples/new/", samples.new, name="new_sample"),
    path("samples/<int:sample_id>/", samples.sample, name="sample"),
    path("samples/<int:sample_id>/export.zip", samples.export, name="export_sample"),
    path("samples/<int:sample_id>/next/", sample_items.open_next, name="next_item"),
    path("samples/<int:sample_id>/<int:position>/", sample_items.item, name="item"),
    path("rulings/<int:audit_id>/<int:row>/", sample_items.rule, name="rule"),
    path("seeding/", seeding.seeding, name="seeding"),
    path("answers/", sample_items.answers, name="answers"),
]
history_addresses = [path("<int:encounter_id>/", history.encounter_history, name="encounter")]
intake_addresses = [
    path("", intake.index, name="index"),
    path("<int:batch_id>/", intake.batch, name="batch"),
    path("template.<slug:file_format>", intake.template, name="template"),
    path("refusals/<int:refusal_id>/settle/", intake.settle, name="settle"),
]
rules_addresses = [
    path("", rulebook.index, name="index"),
    path("conformance/", rulebook.conformance, name="conformance"),
]
unmapped_addresses = [
    path("", unmapped.index, name="index"),
    path("name/", unmapped.name, name="name"),
    path("map/", unmapped.map_name, name="map"),
    path("add/", unmapped.add_drug, name="add"),
    path("recodings/<int:recoding_id>/", unmapped.progress, name="progress"),
]

impact_addresses = [
    path("", impact.index, name="index"),
    path("overpayments/", impact.overpayments, name="overpayments"),
    path("<int:study_id>/", impact.study, name="study"),
    path("<int:study_id>/progress/", impact.progress, name="progress"),
]
keys_addresses = [
    path("", keys.index, name="index"),
    path("change/", keys.change, name="change"),
    path("switch/", keys.switch, name="switch"),
    path("reset/", keys.reset, name="reset"),
]
reports_addresses = [
    path("", reports.index, name="index"),
    path("export.csv", reports.export, name="export"),
]

urlpatterns = [
    path("keys/", include((keys_addresses, "keys"))),
    path("reports/", include((reports_addresses, "reports"))),
    path("impact/", include((impact_addresses, "impact"))),
    path("guide/", guide.guide, name="guide"),
    path("help/", guide.all_help, name="help"),
    path("palette/", palette.palette, name="palette"),
    path("review/", include((review_addresses, "review"))),
    path("queries/", include((clinic_addresses, "clinic"))),
    path("audit/", include((audit_addresses, "audit"))),
    path("history/", include((history_addresses, "history"))),
    path("intake/", include((intake_addresses, "intake"))),
    path("drugs/unmapped/", include((unmapped_addresses, "unmapped"))),
    path("rules/", include((rules_addresses, "rules"))),
]
