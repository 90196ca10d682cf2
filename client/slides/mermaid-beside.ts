/** Stands for the package where everything is in one file. */
import type { Mermaid } from 'mermaid'

declare global {
  /** Set by Mermaid's own script, which an exported deck with diagrams has before ours. */
  var mermaid: Mermaid | undefined
}

const beside = globalThis.mermaid
// The package's own way of being imported.
export { beside as default }
