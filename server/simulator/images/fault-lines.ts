import { faultsOf } from '../kubelet/faults.ts'
import { networkAnnotation } from '../network/links.ts'
import type { Node } from '../resources/kinds.ts'
import type { FlowLine } from './flow-lines.ts'
import type { ProgramDocument } from './schema.ts'

/** What is wrong with a node on purpose, as descriptions name it. */
function troublesOf(node: Node): readonly string[] {
  const network = node.metadata.annotations?.[networkAnnotation] === undefined ? [] : ['network']
  return [...faultsOf(node), ...network]
}

/** Changes when what is wrong with the nodes changes, and with nothing else. */
export function troubleText(nodes: readonly Node[]): string {
  return nodes.map((node) => `${node.metadata.name}:${troublesOf(node).join()}`).join(' ')
}

/** What a program writes about nodes that something is wrong with. @param own the node that it runs on */
export function faultLines({ logs }: ProgramDocument, nodes: readonly Node[], own: string): readonly FlowLine[] {
  return nodes.flatMap((node) => {
    const name = node.metadata.name ?? ''
    const troubles = troublesOf(node)
    const ip = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ''
    return logs.faults
      .filter(({ when, here }) => troubles.includes(when) && (!here || name === own))
      .map(({ text, every, after }): FlowLine => ({
        rate: 1 / (every ?? 1),
        template: text,
        fields: { faulty: name, faultyip: ip },
        millis: 0,
        ...(every === undefined && { after }),
      }))
  })
}
