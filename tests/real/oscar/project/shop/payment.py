"""The step that oscar leaves to every project: asking for a card and charging it."""

from django import forms
from oscar.apps.checkout import views
from oscar.apps.payment.bankcards import luhn
from oscar.apps.payment.models import Source, SourceType

from shop import gateway


class CardForm(forms.Form):
    card_number = forms.CharField(max_length=24, label="Card number")
    card_name = forms.CharField(max_length=60, label="Name on card")

    def clean_card_number(self):
        digits = self.cleaned_data["card_number"].replace(" ", "")
        if not digits.isdigit() or not 13 <= len(digits) <= 19 or not luhn(digits):
            raise forms.ValidationError("Please enter a valid card number.")
        return digits


class PaymentDetailsView(views.PaymentDetailsView):
    """Shows the card form, repeats a valid card as hidden fields on the preview, and charges it when the order is placed."""

    template_name = "shop/payment_details.html"
    template_name_preview = "shop/preview.html"

    def get_context_data(self, **kwargs):
        kwargs.setdefault("card_form", CardForm())
        return super().get_context_data(**kwargs)

    def handle_payment_details_submission(self, request):
        card_form = CardForm(request.POST)
        show = self.render_preview if card_form.is_valid() else self.render_payment_details
        return show(request, card_form=card_form)

    def handle_place_order_submission(self, request):
        card_form = CardForm(request.POST)
        if not card_form.is_valid():
            return self.render_payment_details(request, card_form=card_form)
        return self.submit(**self.build_submission(payment_kwargs={"card_form": card_form}))

    def handle_payment(self, order_number, total, card_form, **_kwargs):
        amount = total.incl_tax
        reference = gateway.charge(order_number, amount, total.currency, card_form.cleaned_data["card_number"])
        kind, _ = SourceType.objects.get_or_create(name="Card")
        paid = {"currency": total.currency, "amount_allocated": amount, "amount_debited": amount, "reference": reference}
        self.add_payment_source(Source(source_type=kind, **paid))
        self.add_payment_event("Paid", amount, reference=reference)
