"""How coarsely a picture was encoded, by what its own decoder says.

The quantiser of H.264 rounds what a picture differs from its prediction by: in steps of 10 levels
at 24, 20 at 30, 40 at 36 (ITU-T H.264, 8.5.8: six more are twice as coarse). Only pictures that
others are predicted from are asked: B-pictures add little of their own, and take over most.
"""

import math
from typing import Any, Final

import numpy as np
from av.sidedata.encparams import VideoEncParams, VideoEncParamsType
from av.sidedata.sidedata import SideDataContainer
from av.video.frame import PictureType, VideoFrame

EXPORTED: Final = {"export_side_data": "venc_params"}
"""What a decoder must be told, so that it tells."""

_BLOCK: Final = 16  # pixels of a block's side
_DELTA_QP: Final = 16  # [bytes] from its start: after x, y, width and height (AVVideoBlockParams)


def quantiser(frame: VideoFrame) -> float:
    """Mean over the picture, 0..51; NaN of other codecs and of B-pictures."""
    if frame.pict_type == PictureType.B:
        return math.nan
    try:
        # `frame.side_data` would be kept by the frame and keep it, until the next collection
        beside = SideDataContainer(frame)  # type: ignore[call-arg]  # which its stub does not say
        told = beside.get("VIDEO_ENC_PARAMS")
    except ValueError:  # beside it is a kind that PyAV has no name for, as EXIF in Motion JPEG
        return math.nan
    if not isinstance(told, VideoEncParams) or told.codec_type != VideoEncParamsType.H264:
        return math.nan
    across, down = ((side + _BLOCK - 1) // _BLOCK for side in (frame.width, frame.height))
    if told.nb_blocks != across * down:  # it was cropped
        return math.nan
    finer = 6 * (frame.format.components[0].bits - 8)  # steps that 10 bits have below those of 8
    data: Any = told  # a buffer, which its stub does not say
    first = told.blocks_offset + _DELTA_QP
    steps = np.ndarray(told.nb_blocks, np.int32, bytes(data), first, told.block_size)
    return float((told.qp + steps).mean()) - finer
