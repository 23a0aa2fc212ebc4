"""Two ways to have an order brought, so that the shopper is asked to choose."""

from decimal import Decimal

from oscar.apps.shipping import repository
from oscar.apps.shipping.methods import FixedPrice


class Standard(FixedPrice):
    code = "standard"
    name = "Standard delivery"
    charge_excl_tax = charge_incl_tax = Decimal("3.50")


class Express(FixedPrice):
    code = "express"
    name = "Express delivery"
    charge_excl_tax = charge_incl_tax = Decimal("9.00")


class Repository(repository.Repository):
    methods = (Standard(), Express())
