// Runs Lighthouse on the pages of standard input; writes a line of JSON for each.
// A page with a `button` is the answer to pressing it: the navigation is that press.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { modules, chromium, arguments: args, pages } = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(`${modules}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { navigation } = await load("lighthouse");
const { default: puppeteer } = await load("puppeteer-core");
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

async function figures(tab, { page, network, url, throttling, button }) {
  let requestor = url;
  if (button) {
    await tab.goto(url);
    const devtools = await tab.createCDPSession();
    await devtools.send("Network.clearBrowserCache"); // what it needs, it asks for
    requestor = () => tab.click(button);
  }
  const flags = {
    onlyCategories: CATEGORIES,
    disableStorageReset: true,
    disableFullPageScreenshot: true,
    locale: "en",
    throttling,
  };
  const { lhr } = await navigation(tab, requestor, { flags });
  if (lhr.runtimeError) return { page, network, error: lhr.runtimeError.message };
  const requests = lhr.audits["network-requests"].details.items;
  const counted = Object.values(lhr.categories).flatMap((one) => one.auditRefs.filter((ref) => ref.weight));
  const low = counted.map((ref) => lhr.audits[ref.id]).filter((one) => one.score !== null && one.score < 0.99);
  return {
    page,
    network,
    path: new URL(lhr.finalDisplayedUrl).pathname,
    ...Object.fromEntries(CATEGORIES.map((id) => [id, Math.round(lhr.categories[id].score * 100)])),
    lcp_ms: Math.round(lhr.audits["largest-contentful-paint"].numericValue),
    bytes: requests.reduce((sum, one) => sum + one.transferSize, 0),
    requests: requests.length,
    low: [...new Set(low.map((one) => `${one.id} ${one.score}`))],
  };
}

const browser = await puppeteer.launch({ executablePath: chromium, args });
for (const one of pages) {
  const context = await browser.createBrowserContext();
  const tab = await context.newPage();
  const domain = new URL(one.url).hostname;
  await context.setCookie(...one.cookies.map(({ name, value }) => ({ name, value, domain, path: "/" })));
  console.log(JSON.stringify(await figures(tab, one)));
  await context.close();
}
await browser.close();
