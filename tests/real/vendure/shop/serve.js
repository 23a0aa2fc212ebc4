// Serves the shop whose database is in SHOP_FOLDER, and writes the port it listens on to SHOP_FOLDER/port.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { config, folder } = require('./config');
const { bootstrap, JobQueueService } = require('@vendure/core');

async function main() {
  const app = await bootstrap(config);
  await app.get(JobQueueService).start();
  const file = path.join(folder, 'port');
  fs.writeFileSync(`${file}.new`, String(app.getHttpServer().address().port));
  fs.renameSync(`${file}.new`, file);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
