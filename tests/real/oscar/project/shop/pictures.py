"""Pictures without resizing: the shop has none but the package's "no picture" one, and needs no image library for that."""

from types import SimpleNamespace

from django.templatetags.static import static
from oscar.core.thumbnails import AbstractThumbnailer


class AsTheyAre(AbstractThumbnailer):
    def generate_thumbnail(self, source, **_options):
        return SimpleNamespace(url=static(f"oscar/img/{source}"), width=100, height=100)

    def delete_thumbnails(self, source):
        pass
