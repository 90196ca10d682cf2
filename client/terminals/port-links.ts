export interface PortLink {
  /** Where in the line it begins, and what it looks like there. */
  readonly at: number
  readonly text: string
  readonly port: number
  /** Begins with `/`, or is empty. */
  readonly path: string
}

const PORT = /(?:http:\/\/)?(?<![\w.-])(?:127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})(?!\d)(\/[^\s"'<>)]*)?/g

/** The ports of the shell's own machine that a line names. 6443 is the way to the cluster, which shows nothing in a browser. */
export function portsIn(line: string): readonly PortLink[] {
  return [...line.matchAll(PORT)].flatMap((match) => {
    const port = Number(match[1])
    return port > 0 && port < 65_536 && port !== 6443 ? [{ at: match.index, text: match[0], port, path: match[2] ?? '' }] : []
  })
}
