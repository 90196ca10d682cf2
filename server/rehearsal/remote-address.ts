/** How remote links and images are asked for. */
export interface AskingOptions {
  readonly timeoutMillis: number
  /** Between two questions to the same server. */
  readonly pauseMillis: number
}

const polite: AskingOptions = { timeoutMillis: 15_000, pauseMillis: 250 }
/** Servers that refuse HEAD, or answer it otherwise than GET, answer with one of these. Source: RFC 9110, 15.5 and 15.6 */
const notForHead = new Set([400, 403, 404, 405, 406, 429, 500, 501, 503])
const agent = 'Mozilla/5.0 (compatible; Deckhand rehearsal; checks that links of a deck lead somewhere)'

/**
 * Asks whether remote addresses answer: HEAD, and GET where that is refused, of which no more than the head is read. The same
 * address is asked once, one server is not asked twice at the same time, and never faster than politely.
 * @returns asks for one; why it leads nowhere, or undefined when it does not
 */
export function createAsking({ timeoutMillis, pauseMillis } = polite): (
  address: string,
  kind: 'link' | 'image',
) => Promise<string | undefined> {
  const known = new Map<string, Promise<Answer>>()
  const turns = new Map<string, Promise<unknown>>()

  const inTurn = (url: URL): Promise<Answer> => {
    const before = turns.get(url.host) ?? Promise.resolve()
    const mine = before.then(() => ask(url, timeoutMillis))
    turns.set(
      url.host,
      mine.then(() => new Promise((next) => setTimeout(next, pauseMillis))),
    )
    return mine
  }
  return async (address, kind) => {
    if (!URL.canParse(address)) return 'It is no address.'
    const url = new URL(address)
    // What stands behind # is the page's own business.
    url.hash = ''
    const answer = known.get(url.href) ?? inTurn(url)
    known.set(url.href, answer)
    const { why, type } = await answer
    if (why !== undefined || kind === 'link' || type === undefined || /^image\/|^application\/octet-stream/.test(type)) return why
    return `It is no image but ${type}.`
  }
}

interface Answer {
  readonly why?: string
  readonly type?: string
}

async function ask(url: URL, timeoutMillis: number): Promise<Answer> {
  const head = await once(url, 'HEAD', timeoutMillis)
  if (typeof head === 'object' && !notForHead.has(head.status)) return answerOf(head)
  const got = await once(url, 'GET', timeoutMillis)
  return typeof got === 'string' ? { why: got } : answerOf(got)
}

function answerOf({ status, statusText, type }: Head): Answer {
  return status >= 400 ? { why: `The server answers ${`${status} ${statusText}`.trim()}.` } : { ...(type !== null && { type }) }
}

interface Head {
  readonly status: number
  readonly statusText: string
  readonly type: string | null
}

/** @returns why there is no answer */
async function once(url: URL, method: 'HEAD' | 'GET', timeoutMillis: number): Promise<Head | string> {
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), timeoutMillis)
  try {
    const response = await fetch(url, { method, headers: { 'user-agent': agent, 'accept': '*/*' }, signal: ending.signal })
    const { status, statusText, headers } = response
    await response.body?.cancel()
    return { status, statusText, type: headers.get('content-type') }
  } catch (error) {
    if (ending.signal.aborted) return `It does not answer within ${Math.ceil(timeoutMillis / 1000)} s.`
    return `It cannot be reached: ${reasonOf(error)}.`
  } finally {
    clearTimeout(timer)
  }
}

/** The innermost cause says it best: fetch itself says "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message || error.name : reasonOf(error.cause)
}
