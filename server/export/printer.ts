import { type Browser, chromium, type Page } from 'playwright-core'
import { UserError } from '../kernel/user-error.ts'

/** Prints pages with Chromium. Nothing it shows reaches the network. */
export interface Printer {
  /** @param address of a page that says with `data-printable` when it is ready @returns a PDF */
  print(address: string): Promise<Uint8Array>
  close(): Promise<void>
}

const ARGS = [
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--in-process-gpu',
  '--renderer-process-limit=1',
  '--disable-features=SpareRendererForSitePerProcess',
  '--enable-features=NetworkServiceInProcess2',
  '--host-resolver-rules=MAP * ~NOTFOUND',
]
const READY_WITHIN_MILLIS = 120_000

/** @param executable Chromium's @throws UserError 'tool-missing' when it does not start */
export async function openPrinter(executable: string, say: (line: string) => void): Promise<Printer> {
  const browser = await launch(executable, say)
  const context = await browser.newContext({
    offline: true,
    colorScheme: 'light',
    serviceWorkers: 'block',
    viewport: { width: 1920, height: 1080 },
    // Charts are painted: twice as fine as the slide's own pixels is sharp on paper.
    deviceScaleFactor: 2,
  })
  context.setDefaultTimeout(READY_WITHIN_MILLIS)
  // One page for all: a new one would start before the last one's process has ended.
  const page = await context.newPage()
  await page.emulateMedia({ media: 'print' })
  const devtools = await context.newCDPSession(page)
  return {
    async print(address) {
      await page.goto(address)
      // It would keep what the last one has used, as long as the machine has more.
      await devtools.send('HeapProfiler.collectGarbage')
      await devtools.send('Memory.simulatePressureNotification', { level: 'critical' })
      return await printed(page)
    },
    close: () => browser.close(),
  }
}

async function printed(page: Page): Promise<Uint8Array> {
  await page.waitForSelector('html[data-printable]', { state: 'attached' })
  return page.pdf({ preferCSSPageSize: true, printBackground: true })
}

/** Chromium's own sandbox does not work for root and in many containers. What is shown has been sanitised, and our policy lets nothing else run. */
async function launch(executablePath: string, say: (line: string) => void): Promise<Browser> {
  const options = { executablePath, args: ARGS, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }
  if (process.getuid?.() !== 0) {
    try {
      return await chromium.launch({ ...options, chromiumSandbox: true })
    } catch {
      say('! Chromium does not start with its sandbox here; it is used without.')
    }
  }
  try {
    return await chromium.launch({ ...options, args: [...ARGS, '--no-zygote'], chromiumSandbox: false })
  } catch (cause) {
    throw new UserError(
      'tool-missing',
      `Chromium (${executablePath}) does not start. Try it by hand, or name another one in CHROMIUM.`,
      cause,
    )
  }
}
