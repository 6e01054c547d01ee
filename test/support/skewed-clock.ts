// Loaded into a child before anything else: its wall clock is off by BOURSE_TEST_SKEW_MS, its monotonic one is not.
const skewMs = Number(process.env['BOURSE_TEST_SKEW_MS'] ?? 0);
const rightNow = Date.now.bind(Date);
Date.now = () => rightNow() + skewMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, given) => Reflect.construct(target, given.length === 0 ? [target.now()] : given),
});
