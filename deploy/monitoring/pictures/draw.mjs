// Draws the dashboards with Grafana's own components, from what a Prometheus answers: npm run draw -- http://127.0.0.1:9090 [minutes]
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {chromium} from 'playwright-core';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const DASHBOARDS = here('../dashboards');
const PICTURES = here('../../../docs/pictures');
const ICONS = here('node_modules/@grafana/ui/dist/public/img/icons');
const WIDTH = 1400, MARGIN = 16;

/** @returns the series of a panel's query, as Prometheus's API has them */
async function ask(prometheus, target, {from, to, step}) {
    const [path, parameters] = target.instant
        ? ['query', {time: to}]
        : ['query_range', {start: from, end: to, step}];
    const answer = await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams({query: target.expr, ...parameters})}`);
    const {data, error} = await answer.json();
    if (error) {
        throw new Error(`${target.expr}: ${error}`);
    }
    return {target, answer: data.result};
}

/** @returns the program that draws, for the browser, in one file */
async function bundle() {
    const {outputFiles} = await build({
        entryPoints: [here('dashboard.jsx')],
        bundle: true, write: false, jsx: 'automatic', format: 'iife', outfile: 'dashboard.js',
        define: {'process.env.NODE_ENV': '"production"'}, loader: {'.ttf': 'dataurl'}, logLevel: 'error',
    });
    return outputFiles;
}

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="dashboard.css"><style>
    #dashboard {background: #f4f5f5; padding: ${MARGIN}px}
    h1 {font-size: 20px; margin: 0 0 12px}
    .row-title {font-size: 16px; font-weight: 500; line-height: 30px}
    .nothing {display: grid; place-items: center; height: 100%; font-size: 16px; color: rgba(36, 41, 46, .75)}
    * {animation: none !important; transition: none !important}
</style><div id="dashboard"></div><script src="dashboard.js"></script>`;

/** Nothing goes over the network: the page, the program and Grafana's icons are handed to the browser. */
async function open(browser, files, errors) {
    const page = await browser.newPage({viewport: {width: WIDTH + 2 * MARGIN, height: 800}, timezoneId: 'UTC', locale: 'en-GB'});
    page.on('pageerror', error => errors.push(error));
    await page.route('**', route => {
        const {pathname} = new URL(route.request().url());
        const file = files.find(({path}) => path.endsWith(pathname));
        const icon = join(ICONS, pathname.replace('/public/build/img/icons/', ''));
        return pathname === '/' ? route.fulfill({contentType: 'text/html', body: PAGE})
            : file ? route.fulfill({contentType: pathname.endsWith('.css') ? 'text/css' : 'text/javascript', body: file.text})
            : existsSync(icon) ? route.fulfill({path: icon})
            : route.abort();
    });
    await page.goto('http://dashboards/');
    return page;
}

/** The names of all dashboards. */
export const ALL = readdirSync(DASHBOARDS).map(file => file.replace('.json', ''));

/**
 * @param minutes how long ago the pictures begin
 * @param names of the dashboards to draw
 */
export async function draw(prometheus, minutes, names) {
    const seconds = minutes * 60;
    const step = Math.max(5, Math.ceil(seconds / WIDTH));
    // Times are multiples of the step, as Grafana aligns them.
    const to = Math.floor(Date.now() / 1000 / step) * step;
    const period = {from: to - Math.floor(seconds / step) * step, to, step};
    const files = await bundle();
    const browser = await chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
    try {
        for (const name of names) {
            const dashboard = JSON.parse(readFileSync(join(DASHBOARDS, `${name}.json`), 'utf8'));
            for (const panel of dashboard.panels) {
                panel.answers = await Promise.all((panel.targets ?? []).map(target => ask(prometheus, target, period)));
            }
            const errors = [];
            const page = await open(browser, files, errors);
            await page.evaluate(([dashboard, period, width]) => window.show(dashboard, period, width), [dashboard, period, WIDTH]);
            await page.waitForTimeout(2_000);
            // A panel that fails is left empty: better no picture.
            if (errors.length > 0) {
                throw new AggregateError(errors, `${name} can't be drawn`);
            }
            const picture = join(PICTURES, `${name}.png`);
            await page.locator('#dashboard').screenshot({path: picture});
            execFileSync('pngquant', ['--force', '--strip', '--output', picture, '64', picture]);
            await page.close();
        }
    } finally {
        await browser.close();
    }
}

if (process.argv[1] === here('draw.mjs')) {
    const [prometheus, minutes = '30', ...names] = process.argv.slice(2);
    await draw(prometheus, Number(minutes), names.length > 0 ? names : ALL);
}
