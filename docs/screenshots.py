"""Makes the pictures of the dashboard anew: tells tests/acceptance/dashboard/story.py and keeps what it sees."""

import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from openaddons.settings import Settings
from tests.acceptance.dashboard.person import chromium
from tests.acceptance.dashboard.story import tell
from tests.stores import start_process

IMAGES: Final = Path(__file__).with_name("images")
_COLOURS: Final = 256  # a page has fewer, but for the edges of its letters


def main() -> None:
    """Write docs/images/dashboard-*.png."""
    with tempfile.TemporaryDirectory() as folder:
        data, pictures = Path(folder) / "data", Path(folder) / "pictures"
        data.mkdir()
        pictures.mkdir()
        process = start_process("serve", Settings(data=data), OPENADDONS_CERTIFICATION="manual")
        try:
            with chromium() as browser:
                tell(browser, process, pictures=pictures)
        finally:
            process.kill()
        for path in sorted(pictures.iterdir()):
            with Image.open(path) as picture:
                picture.convert("RGB").quantize(_COLOURS).save(IMAGES / path.name, optimize=True)
            print(IMAGES / path.name)


if __name__ == "__main__":
    main()
