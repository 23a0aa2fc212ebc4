// The six requests for k6. Environment: BASE; USERS and SECONDS for saturation, RATE for the open model, FRESH=1 for a connection per iteration.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.BASE;
const fresh = __ENV.FRESH === '1';

export const options = {
  vus: Number(__ENV.USERS || 32),
  duration: `${__ENV.SECONDS || 8}s`,
  insecureSkipTLSVerify: true,
  noVUConnectionReuse: fresh,
  summaryTrendStats: ['med', 'p(99)'],
};

const token = /name='csrf' value='([0-9a-f]+)'/;
const ok = { 'status is 200': (r) => r.status === 200 };

export default function () {
  const page = http.get(`${base}/`);
  check(page, ok);
  const csrf = token.exec(page.body)[1];
  const product = http.get(`${base}/product`);
  check(product, ok);
  const sku = product.json('product.id');
  check(http.post(`${base}/cart`, { sku: sku, quantity: '1', csrf: csrf }), ok);
  const order = JSON.stringify({ sku: sku, csrf: csrf, quantity: 1 });
  check(http.post(`${base}/checkout`, order, { headers: { 'Content-Type': 'application/json' } }), ok);
  check(http.get(`${base}/orders/${sku}`, { tags: { name: 'order' } }), ok);
  check(http.get(`${base}/thanks`), ok);
}
