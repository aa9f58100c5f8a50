"""From the numbers of a measurement to a report: knows nothing of Azure, SQL or HTTP.

series, track              the input: one measurement as arrays; one face ready for measures
catalogue, measuring       every measure there is; all of them for a recording
parameter_sets             what is expected, as pydantic models; interchange: JSON and CSV
learning                   a parameter set from recordings of what is right
judging, report            a measured recording held to a set, as one report model
rendering                  the report as JSON, CSV, Markdown and JUnit XML
comparison                 two builds side by side

recording = Recording(type, facts, collect(rows, facts.signals))
measured = measure(recording)
report = judge(parameter_set, reference, measured, subject)
body = rendering.junit(report)
"""
