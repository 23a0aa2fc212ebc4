"""Empties the shop and fills it again: the same goods, stock and vouchers each time."""

from datetime import datetime, timezone
from decimal import Decimal

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction
from oscar.apps.address.models import Country
from oscar.apps.analytics.models import ProductRecord
from oscar.apps.catalogue.models import Category, Product, ProductClass
from oscar.apps.offer.models import Benefit, Condition, ConditionalOffer, Range
from oscar.apps.partner.models import Partner, StockRecord
from oscar.apps.order.models import PaymentEventType
from oscar.apps.payment.models import SourceType
from oscar.apps.voucher.models import Voucher

PLENTY = 1_000_000
MATERIALS = ["Copper", "Linen", "Oak", "Slate", "Wool"]
GOODS = {"Kitchen": ["Kettle", "Ladle"], "Table": ["Bowl", "Runner"], "Hearth": ["Basket"]}
SCARCE = [("last-lantern", "Last Lantern", 3), ("sold-out-stool", "Sold Out Stool", 0)]
VOUCHERS = [("SAVE10", 2020, 2100), ("EXPIRED10", 2020, 2021)]


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args, **_options):
        call_command("flush", interactive=False, verbosity=0)
        with transaction.atomic():
            add_countries()
            add_goods()
            add_vouchers()
            # Made here, so that two first payments at the same moment don't both try to make them.
            SourceType.objects.create(name="Card")
            PaymentEventType.objects.create(name="Paid")
            # A shop has been looked at before a rush. Without these rows the first two looks at a product, at the same moment on
            # PostgreSQL, end in a 500: `start --unseen` takes them away again.
            ProductRecord.objects.bulk_create(ProductRecord(product=product, num_views=1) for product in Product.objects.all())
        call_command("rebuild_index", interactive=False, verbosity=0)


def add_countries():
    for code, name in [("GB", "United Kingdom"), ("DE", "Germany"), ("US", "United States")]:
        Country.objects.create(
            iso_3166_1_a2=code, name=name, printable_name=name, is_shipping_country=True, display_order=1 if code == "GB" else 0
        )


def add_goods():
    kind = ProductClass.objects.create(name="Thing", requires_shipping=True, track_stock=True)
    partner = Partner.objects.create(name="The Warehouse")

    def add(sku, title, stock, price, category):
        product = Product.objects.create(upc=sku, title=title, product_class=kind, structure=Product.STANDALONE, description=f"A {title}.")
        product.categories.add(category)
        StockRecord.objects.create(product=product, partner=partner, partner_sku=sku, price=price, num_in_stock=stock)

    number = 0
    for name, things in GOODS.items():
        category = Category.add_root(name=name)
        for thing in things:
            for material in MATERIALS:
                number += 1
                add(f"thing-{number:02}", f"{material} {thing}", PLENTY, Decimal("4.99") + number, category)
    rare = Category.add_root(name="Rare")
    for sku, title, stock in SCARCE:
        add(sku, title, stock, Decimal("40.00"), rare)


def add_vouchers():
    everything = Range.objects.create(name="Everything", includes_all_products=True)
    condition = Condition.objects.create(range=everything, type=Condition.COUNT, value=1)
    benefit = Benefit.objects.create(range=everything, type=Benefit.PERCENTAGE, value=10)
    for code, begins, ends in VOUCHERS:
        offer = ConditionalOffer.objects.create(
            name=f"Ten per cent off, {code}", offer_type=ConditionalOffer.VOUCHER, condition=condition, benefit=benefit
        )
        voucher = Voucher.objects.create(
            name=code,
            code=code,
            usage=Voucher.MULTI_USE,
            start_datetime=datetime(begins, 1, 1, tzinfo=timezone.utc),
            end_datetime=datetime(ends, 1, 1, tzinfo=timezone.utc),
        )
        voucher.offers.add(offer)
