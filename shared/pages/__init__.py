"""The web pages: what was measured and what came of it, shown to people.

Handlers here read the request, call the functions that the API calls, and render a template of
`web/templates`. They hold no rules of their own and no SQL: what the API refuses, a page refuses.

    routes        the table of all addresses, and who answers at each
    responses     the boundary: access, errors as pages, ETags, security headers
    guard         who may see the pages, and who may post their forms
    templates     Jinja2, its filters, and addresses of pages
    static_files  what is below web/static
    *_page        a page each, and what its scripts ask for
    charts, timelines   SVG from numbers
    foremost      what is wrong with a face, worst first, with its times
    so_far        what is known of a clip while it is measured
    still, thumbnail    pictures of a medium, made when they are first looked at
"""
