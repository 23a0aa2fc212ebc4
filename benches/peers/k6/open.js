// One request per iteration in k6's open model. Environment: BASE, RATE, SECONDS.
import http from 'k6/http';
import { check } from 'k6';

export const options = {
  discardResponseBodies: true,
  scenarios: {
    open: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      timeUnit: '1s',
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 32,
      maxVUs: 500,
    },
  },
};

export default function () {
  check(http.get(`${__ENV.BASE}/plain`), { 'status is 200': (r) => r.status === 200 });
}
