"""The table of the pages' addresses."""

from shared.pages import routes


def test_every_function_has_one_route() -> None:
    assert len({route.name for route in routes.ROUTES}) == len(routes.ROUTES)
    assert len({(route.method, route.route) for route in routes.ROUTES}) == len(routes.ROUTES)
