// The configuration of the shop. What a run may change comes from the environment:
//
// SHOP_FOLDER           where the database and the gateway's book are (required)
// SHOP_PORT             port on loopback; 0 (default) for any free one
// SHOP_PAYMENT_SECONDS  how long the card gateway takes to answer (default 0)
'use strict';

const path = require('node:path');

// Read when the package is loaded: nothing that runs here reports anywhere.
process.env.VENDURE_DISABLE_TELEMETRY = 'true';
const { DefaultLogger, DefaultSearchPlugin, LogLevel } = require('@vendure/core');
const { cardHandler } = require('./payment');

const folder = process.env.SHOP_FOLDER;
if (!folder) throw new Error('SHOP_FOLDER is not set: it names the folder of the database');

exports.folder = folder;
exports.config = {
  apiOptions: {
    hostname: '127.0.0.1',
    port: Number(process.env.SHOP_PORT ?? 0),
    shopApiPath: 'shop-api',
    adminApiPath: 'admin-api',
    cors: false,
    csrfPrevention: false,
  },
  authOptions: {
    tokenMethod: ['cookie', 'bearer'],
    requireVerification: false,
    superadminCredentials: { identifier: 'keeper', password: 'not a secret' },
    cookieOptions: { secret: 'not a secret: this shop serves tests on one machine' },
  },
  dbConnectionOptions: {
    type: 'better-sqlite3',
    database: path.join(folder, 'shop.sqlite3'),
    synchronize: process.env.SHOP_CREATE === 'yes',
    logging: ['error'],
  },
  paymentOptions: { paymentMethodHandlers: [cardHandler] },
  logger: new DefaultLogger({ level: LogLevel.Warn, timestamp: true }),
  // The index follows each order's stock change at once, in this process: there is no worker beside it.
  plugins: [DefaultSearchPlugin.init({ bufferUpdates: false, indexStockStatus: true })],
};
