"""Forgets that anybody ever looked at a product, as on the first day of a shop."""

from django.core.management.base import BaseCommand
from oscar.apps.analytics.models import ProductRecord


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args, **_options):
        ProductRecord.objects.all().delete()
