"""The web pages: what the API's functions return, shown to people.

Handlers here read the request, call the functions that the API calls, and render a template of
`web/templates`. They hold no rules of their own: what the API refuses, a page refuses.

    responses    the boundary: access, errors as pages, ETags, security headers
    templates    Jinja2, its filters, and addresses of pages
    static_files what is below web/static
    live         what pages ask for again and again while something runs
"""
