"""Media in: POSTed to us, or an address to PUT them to."""

from shared.api.operations import MEDIA_IN
from shared.api.triggers import blueprint_of

blueprint = blueprint_of(MEDIA_IN)
