"""Prints the shop's own records as JSON: what really happened, whatever the customers were told."""

import json

from django.conf import settings
from django.core.management.base import BaseCommand
from oscar.apps.order.models import Order
from oscar.apps.partner.models import StockRecord
from oscar.apps.payment.models import Source
from oscar.apps.voucher.models import Voucher


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args, **_options):
        book = settings.FOLDER / "charges.jsonl"
        self.stdout.write(
            json.dumps(
                {
                    "shop": "oscar",
                    "orders": [of_order(order) for order in Order.objects.order_by("id").prefetch_related("lines", "discounts")],
                    "stock": [
                        {"sku": record.partner_sku, "on_hand": record.num_in_stock, "allocated": record.num_allocated or 0}
                        for record in StockRecord.objects.order_by("partner_sku")
                    ],
                    "vouchers": [
                        {"code": voucher.code, "orders": voucher.num_orders, "applications": voucher.applications.count()}
                        for voucher in Voucher.objects.order_by("code")
                    ],
                    "payments": [
                        {
                            "order": source.order.number,
                            "reference": source.reference,
                            "total_minor": minor(source.amount_debited),
                            "state": "Paid",
                        }
                        for source in Source.objects.order_by("id").select_related("order")
                    ],
                    "charges": [json.loads(line) for line in book.read_text().splitlines()] if book.exists() else [],
                },
                indent=1,
            )
        )


def of_order(order):
    return {
        "number": order.number,
        "email": order.guest_email,
        "state": order.status,
        "total_minor": minor(order.total_incl_tax),
        "currency": order.currency,
        "placed_at": order.date_placed.isoformat(),
        "lines": [{"sku": line.partner_sku, "quantity": line.quantity} for line in order.lines.all()],
        "vouchers": sorted({discount.voucher_code for discount in order.discounts.all() if discount.voucher_code}),
    }


def minor(amount):
    return int(amount * 100)
