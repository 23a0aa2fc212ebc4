// Makes the database in SHOP_FOLDER and fills it: the same goods, stock and vouchers each time.
'use strict';

process.env.SHOP_CREATE = 'yes';
const { config } = require('./config');
const {
  bootstrap, ConfigService, Importer, JobQueueService, LanguageCode, Populator, PromotionService, RequestContextService, SearchService,
} = require('@vendure/core');
const { lastValueFrom } = require('rxjs');
const { setTimeout: sleep } = require('node:timers/promises');

const PLENTY = 1_000_000;
const MATERIALS = ['Copper', 'Linen', 'Oak', 'Slate', 'Wool'];
const GOODS = ['Kettle', 'Ladle', 'Bowl', 'Runner', 'Basket'];
const SCARCE = [['last-lantern', 'Last Lantern', 3], ['sold-out-stool', 'Sold Out Stool', 0]];
const VOUCHERS = [['SAVE10', '2020-01-01', '2100-01-01'], ['EXPIRED10', '2020-01-01', '2021-01-01']];

const country = (code, name) => ({ code, name, zone: 'World' });
const FIRST_DATA = {
  defaultLanguage: LanguageCode.en,
  defaultZone: 'World',
  countries: [country('GB', 'United Kingdom'), country('DE', 'Germany'), country('US', 'United States')],
  taxRates: [{ name: 'Standard', percentage: 20 }],
  shippingMethods: [{ name: 'Standard delivery', price: 350 }, { name: 'Express delivery', price: 900 }],
  paymentMethods: [{ name: 'Card', handler: { code: 'card-gateway', arguments: [] } }],
  collections: [],
};

function goodsAsCsv() {
  const header = 'name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets';
  const row = (sku, name, stock, price) =>
    [name, name.toLowerCase().replaceAll(' ', '-'), `A ${name}.`, '', '', '', '', sku, price, 'Standard', stock, 'true', '', ''].join(',');
  const plenty = GOODS.flatMap((thing) => MATERIALS.map((material) => `${material} ${thing}`)).map((name, index) =>
    row(`thing-${String(index + 1).padStart(2, '0')}`, name, PLENTY, (5.99 + index).toFixed(2)));
  return [header, ...plenty, ...SCARCE.map(([sku, name, stock]) => row(sku, name, stock, '40.00'))].join('\n');
}

async function addVouchers(app, ctx) {
  for (const [couponCode, startsAt, endsAt] of VOUCHERS) {
    const made = await app.get(PromotionService).createPromotion(ctx, {
      enabled: true,
      couponCode,
      startsAt: new Date(startsAt),
      endsAt: new Date(endsAt),
      conditions: [],
      actions: [{ code: 'order_percentage_discount', arguments: [{ name: 'discount', value: '10' }] }],
      translations: [{ languageCode: LanguageCode.en, name: `Ten per cent off, ${couponCode}` }],
    });
    if (made.errorCode) throw new Error(`voucher ${couponCode}: ${made.errorCode} ${made.message}`);
  }
}

// The search is empty until the jobs that every new product causes, and one for the whole index, are done.
async function buildIndex(app, ctx) {
  await app.get(JobQueueService).start();
  await app.get(SearchService).reindex(ctx);
  const queue = app.get(ConfigService).jobQueueOptions.jobQueueStrategy;
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const { items } = await queue.findMany();
    const failed = items.find((job) => job.state === 'FAILED');
    if (failed) throw new Error(`job ${failed.queueName} failed: ${failed.error}`);
    if (items.every((job) => job.isSettled)) return;
  }
  throw new Error('the search index was not built within a minute');
}

async function main() {
  const app = await bootstrap(config);
  const ctx = await app.get(RequestContextService).create({ apiType: 'admin', languageCode: LanguageCode.en });
  await app.get(Populator).populateInitialData(FIRST_DATA);
  const { imported, errors } = await lastValueFrom(app.get(Importer).parseAndImport(goodsAsCsv(), ctx, false));
  if (errors.length || imported !== GOODS.length * MATERIALS.length + SCARCE.length) throw new Error(`imported ${imported} products: ${errors.join('; ')}`);
  await addVouchers(app, ctx);
  await buildIndex(app, ctx);
  await app.close();
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
