"""Encode the frames of a film as GIF or MP4.

The last frame is shown longer.
"""

import io
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinynet import files
from tinynet.errors import TinyNetError

if TYPE_CHECKING:
    from PIL.Image import Image

LAST_FRAME_SECONDS = 1.5
MAX_COLORS = 128  # colors of a GIF


def gif(frames: "Iterator[Image]", fps: int) -> bytes:
    """Return frames as a GIF that repeats.

    The last frame is shown longer.
    """
    from PIL import Image

    images = [frame.quantize(MAX_COLORS, dither=Image.Dither.NONE) for frame in frames]
    times = [round(1000 / fps)] * len(images)  # milliseconds
    times[-1] = round(1000 * LAST_FRAME_SECONDS)
    stream, (first, *others) = io.BytesIO(), images
    first.save(stream, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=False)
    return stream.getvalue()


def mp4(frames: "Iterator[Image]", fps: int) -> bytes:
    """Return frames as an MP4 (H.264) by ffmpeg.

    The last frame is repeated.
    """
    first = next(frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        width, height = first.size
        reads = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {fps} -i -"
        writes = "-an -c:v libx264 -pix_fmt yuv420p -movflags +faststart"
        command = ["ffmpeg", "-loglevel", "error", "-y", *reads.split(), *writes.split(), str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                _feed(process, chain([first], frames), max(1, round(LAST_FRAME_SECONDS * fps)))
            except BaseException:  # Ctrl-C, too
                process.kill()
                raise
        return files.read(path, "film")


def _feed(process: Any, frames: "Iterator[Image]", repeats: int) -> None:
    """Write the frames to ffmpeg.

    Raises TinyNetError with the last message of ffmpeg if ffmpeg fails.
    """
    data = b""
    try:
        for frame in frames:
            data = frame.tobytes()
            process.stdin.write(data)
        process.stdin.write(data * repeats)
        process.stdin.close()
        process.stdin = None
    except BrokenPipeError:  # ffmpeg has ended; its message is read below
        pass
    message = process.communicate()[1].decode(errors="replace").strip()
    if process.returncode:
        reason = message.splitlines()[-1] if message else "it gave no reason"
        raise TinyNetError(f"ffmpeg failed: {reason}. Save a .gif instead.")
