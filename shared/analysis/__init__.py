"""From the numbers of a measurement to a report: knows nothing of Azure, SQL or HTTP.

    series, track        the input: one measurement as arrays; one face ready for measures
    catalogue            every measure there is (levels, events and movement compute them)
    measuring            all of them, for a recording
    parameter_sets       what is expected, as pydantic models; interchange: as JSON and CSV
    learning             a parameter set from recordings of what is right
    judging, report      a measured recording held to a set, as one report model
    rendering            the report as JSON, CSV, Markdown and JUnit XML
    comparison           two builds side by side (bootstrap: how much of it is chance)

In short:

    measured = measure(Recording(type, facts, faces))
    report = judge(parameter_set, measured, Subject(avatar=..., name=...), version=3)
    body = RENDERINGS["xml"].render(report)
"""
