/** A diagram as SVG, or what is wrong with its source and where. */
export type Drawn = { readonly svg: string } | { readonly say: string; readonly line: number | undefined }

/** Nothing of this may a diagram's own `%%{init}%%` change: they loosen what it may do, or how legible it is. */
const SECURE = [
  ...['secure', 'securityLevel', 'startOnLoad', 'maxTextSize', 'maxEdges', 'suppressErrorRendering', 'dompurifyConfig'],
  ...['theme', 'themeCSS', 'themeVariables', 'darkMode', 'fontFamily', 'altFontFamily', 'htmlLabels', 'look'],
]

let drawings = 0
/** Mermaid has one configuration and one drawing board for the whole page. */
let queue: Promise<unknown> = Promise.resolve()

/**
 * Draws a diagram in Mermaid's own language; the library comes with the first one. Strict: labels are text, nothing can be clicked
 * into running, nothing is loaded from elsewhere.
 * @param colourOf resolves a role of the theme in force
 */
export function drawMermaid(source: string, colourOf: (role: string) => string): Promise<Drawn> {
  const drawn = queue.then(() => draw(source, colourOf))
  queue = drawn.catch(() => {})
  return drawn
}

async function draw(source: string, colourOf: (role: string) => string): Promise<Drawn> {
  const { default: mermaid } = await import('mermaid')
  const [paper, raised, ink, quiet, lab] = ['paper', 'raised', 'ink', 'quiet', 'lab'].map(colourOf)
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    suppressErrorRendering: true,
    htmlLabels: false,
    maxTextSize: 20_000,
    secure: SECURE,
    theme: 'base',
    look: 'classic',
    fontFamily: '"IBM Plex Sans", sans-serif',
    themeVariables: {
      useGradient: false,
      dropShadow: 'none',
      background: paper,
      primaryColor: raised,
      primaryTextColor: ink,
      primaryBorderColor: lab,
      secondaryColor: paper,
      secondaryTextColor: ink,
      tertiaryColor: paper,
      tertiaryTextColor: ink,
      tertiaryBorderColor: quiet,
      lineColor: quiet,
      textColor: ink,
      edgeLabelBackground: paper,
      noteBkgColor: raised,
      noteTextColor: ink,
      noteBorderColor: quiet,
      actorBkg: raised,
      actorBorder: lab,
      actorTextColor: ink,
    },
  })
  try {
    const { svg } = await mermaid.render(`diagram-${++drawings}`, source)
    return { svg }
  } catch (error) {
    return mistakeOf(error)
  }
}

/** Its parsers tell the line in words, or in what they pass along. */
function mistakeOf(error: unknown): Drawn {
  const message = error instanceof Error ? error.message : String(error)
  const line = /\bline:? *(\d+)/i.exec(message)?.[1]
  const [, expected] = /(Expecting .*|No diagram type detected.*|Unrecognized text.*)/.exec(message) ?? []
  const said = expected ?? message.split('\n')[0] ?? ''
  return { say: said.length > 200 ? `${said.slice(0, 200)} …` : said, line: line === undefined ? undefined : Number(line) }
}
