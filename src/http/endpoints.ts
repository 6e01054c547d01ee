// The table of routes: all there are. openapi.json is written from it, and a test holds it against what Fastify serves.
import type { Endpoint } from './endpoint.ts';
import { chatEndpoint } from './routes/chat.ts';
import { decisionsEndpoint } from './routes/decisions.ts';
import { feedbackEndpoint } from './routes/feedback.ts';
import { liveEndpoint, readyEndpoint } from './routes/health.ts';
import { metricsEndpoint } from './routes/metrics.ts';
import { modelsEndpoint } from './routes/models.ts';
import { openapiEndpoint } from './routes/openapi.ts';
import { historyEndpoint } from './routes/price-history.ts';
import { priceReportEndpoint } from './routes/price-report.ts';
import { pricesEndpoint } from './routes/prices.ts';
import { savingsEndpoint, spendEndpoint } from './routes/reports.ts';
import { routeEndpoint } from './routes/route.ts';

export const ENDPOINTS: readonly Endpoint[] = [
  chatEndpoint,
  modelsEndpoint,
  feedbackEndpoint,
  routeEndpoint,
  decisionsEndpoint,
  pricesEndpoint,
  historyEndpoint,
  spendEndpoint,
  savingsEndpoint,
  priceReportEndpoint,
  liveEndpoint,
  readyEndpoint,
  metricsEndpoint,
  openapiEndpoint,
];
