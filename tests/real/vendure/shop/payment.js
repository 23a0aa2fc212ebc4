// A card gateway that lives in the shop's process: it takes its time, declines when the payment's metadata says
// `shouldDecline` and fails when they say `shouldError`.
//
// It keeps a book of its own, charges.jsonl, outside the shop's database, as a real gateway would: a payment that the shop
// forgot is still in it.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { LanguageCode, PaymentMethodHandler } = require('@vendure/core');

exports.cardHandler = new PaymentMethodHandler({
  code: 'card-gateway',
  description: [{ languageCode: LanguageCode.en, value: 'Card' }],
  args: {},

  async createPayment(_ctx, order, amount, _args, metadata) {
    await sleep(1000 * Number(process.env.SHOP_PAYMENT_SECONDS ?? 0));
    if (metadata.shouldDecline) return { amount, state: 'Declined', errorMessage: 'Your card was declined', metadata: {} };
    if (metadata.shouldError) return { amount, state: 'Error', errorMessage: 'the card gateway did not answer', metadata: {} };
    const reference = crypto.randomUUID();
    const line = { reference, order: order.code, total_minor: amount, currency: order.currencyCode };
    fs.appendFileSync(path.join(process.env.SHOP_FOLDER, 'charges.jsonl'), `${JSON.stringify(line)}\n`);
    return { amount, state: 'Settled', transactionId: reference, metadata: {} };
  },

  settlePayment: () => ({ success: true }),
});
