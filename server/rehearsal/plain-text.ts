/** What a terminal would show of an output, roughly: without escape sequences, and with what was overwritten left out. */
export function plainText(output: string): string {
  return (
    output
      // OSC … BEL or ST, CSI, and other escapes. Source: ECMA-48
      .replaceAll(/\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)/g, '')
      .replaceAll(/\u001B\[[0-?]*[ -/]*[@-~]/g, '')
      .replaceAll(/\u001B[ -/]*[0-~]/g, '')
      .replaceAll('\r\n', '\n')
      .replaceAll(/^.*\r(?!\n)/gm, '')
      .replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F]/g, '')
  )
}
