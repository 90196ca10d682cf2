/** A step that failed, with a sentence that says what happened and what to do. */
export class StepFailed extends Error {}

/** Runs one step and says on stderr (stdout belongs to the command's own answer) what it does and how long it took. */
export async function step<T>(title: string, work: () => Promise<T>, say: (line: string) => void = sayOnStderr): Promise<T> {
  const started = performance.now()
  say(`→ ${title}`)
  const result = await work()
  say(`✓ ${title} (${seconds(performance.now() - started)})`)
  return result
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export const sayOnStderr = (line: string): void => void process.stderr.write(`${line}\n`)
