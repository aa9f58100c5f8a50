"""The API, without what takes media in: the functions that `shared.api` says there are."""

from shared.api.operations import OTHERS
from shared.api.triggers import blueprint_of

blueprint = blueprint_of(OTHERS)
