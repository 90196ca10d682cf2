/**
 * What a shell says about itself with OSC 133 (https://gitlab.freedesktop.org/Per_Bothner/specifications
 * /-/blob/master/proposals/semantic-prompts.md). `offset`: where the mark begins in the terminal's output.
 */
export type Mark =
  /** A prompt begins; `continuation` when it asks for the rest of a command. */
  | { readonly kind: 'prompt'; readonly offset: number; readonly continuation: boolean }
  /** The prompt is complete: the shell takes a command. */
  | { readonly kind: 'input'; readonly offset: number }
  /** The command begins. */
  | { readonly kind: 'start'; readonly offset: number }
  /** The command is over. */
  | { readonly kind: 'end'; readonly offset: number; readonly exit: number }

/** A mark is short; a longer one is something else, and is let go rather than kept in memory. */
const MARK_LIMIT = 200
/** Enough of the last line to recognise a prompt. */
const TAIL_LIMIT = 200

const ESC = '\x1b'
const BEL = '\x07'

type Place =
  | { readonly in: 'text' }
  | { readonly in: 'escape'; readonly from: number }
  /** CSI and other sequences, up to their final character. */
  | { readonly in: 'control' }
  | { readonly in: 'string'; readonly from: number; readonly body: string; readonly escaped: boolean }

/** Reads a terminal's output as it comes, however it is cut into pieces. */
export class MarkScanner {
  #offset = 0
  #place: Place = { in: 'text' }
  #tail = ''

  /** The last line as text without its escape sequences. */
  get tail(): string {
    return this.#tail
  }

  /** @returns the marks that `data` completes, in order */
  scan(data: string): Mark[] {
    const marks: Mark[] = []
    for (let index = 0; index < data.length; index++) {
      const character = data.charAt(index)
      const mark = this.#take(character, this.#offset + index)
      if (mark) marks.push(mark)
    }
    this.#offset += data.length
    return marks
  }

  #take(character: string, at: number): Mark | undefined {
    switch (this.#place.in) {
      case 'text':
        if (character === ESC) this.#place = { in: 'escape', from: at }
        else this.#print(character)
        return undefined
      case 'escape':
        if (character === ']') this.#place = { in: 'string', from: this.#place.from, body: '', escaped: false }
        else if (character === '[') this.#place = { in: 'control' }
        else if (character === ESC) this.#place = { in: 'escape', from: at }
        // Intermediate bytes 0x20–0x2F announce one more (ECMA-35, as in `ESC ( B`).
        else if (character < ' ' || character > '/') this.#place = { in: 'text' }
        return undefined
      case 'control':
        if (character === ESC) this.#place = { in: 'escape', from: at }
        else if (character >= '@' && character <= '~') this.#place = { in: 'text' }
        return undefined
      case 'string':
        return this.#takeString(this.#place, character, at)
    }
  }

  #takeString(place: Extract<Place, { in: 'string' }>, character: string, at: number): Mark | undefined {
    if (character === BEL || (place.escaped && character === '\\')) {
      this.#place = { in: 'text' }
      return markOf(place.body, place.from)
    }
    if (place.escaped) {
      this.#place = { in: 'escape', from: at - 1 }
      return this.#take(character, at)
    }
    if (character === ESC) this.#place = { ...place, escaped: true }
    else if (place.body.length < MARK_LIMIT) this.#place = { ...place, body: place.body + character }
    return undefined
  }

  #print(character: string): void {
    if (character === '\n' || character === '\r') this.#tail = ''
    else if (character === '\b') this.#tail = this.#tail.slice(0, -1)
    else if (character >= ' ') this.#tail = (this.#tail + character).slice(-TAIL_LIMIT)
  }
}

function markOf(body: string, offset: number): Mark | undefined {
  const [code, kind, ...parameters] = body.split(';')
  if (code !== '133') return undefined
  if (kind === 'A') return { kind: 'prompt', offset, continuation: parameters.includes('k=s') }
  // The end of a continuation's prompt adds nothing to its beginning.
  if (kind === 'B') return parameters.includes('k=s') ? undefined : { kind: 'input', offset }
  if (kind === 'C') return { kind: 'start', offset }
  if (kind !== 'D') return undefined
  const exit = Number.parseInt(parameters[0] ?? '0', 10)
  return { kind: 'end', offset, exit: Number.isNaN(exit) ? 0 : exit }
}

/** Whether a line looks like the prompt of a shell that gives no marks: `/ # `, `sh-5.2$ `, `root@web:/# `, `>>> `. */
export function looksLikePrompt(line: string): boolean {
  return /[#$%>] ?$/.test(line) && line.length <= 120
}
