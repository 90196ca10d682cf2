import type { ControllerRevision, DaemonSet, PodTemplateSpec, StatefulSet } from '../resources/kinds.ts'
import type { JsonValue } from '../resources/object.ts'
import { canonicalJson, templateHash } from './hash.ts'
import type { Change } from './change.ts'
import { controllerReference, isControlledBy, nameOf, namespaceOf } from './objects.ts'

export const revisionHashLabel = 'controller-revision-hash'

/** The template's history: which revision is the present one, and what to write so that it is. */
export interface History {
  /** Oldest first, without the ones that are about to be made. */
  readonly revisions: readonly ControllerRevision[]
  readonly update: ControllerRevision
  readonly changes: readonly Change[]
}

/** What a revision keeps of its owner: the template, as a patch that puts it back. */
function dataOf(owner: StatefulSet | DaemonSet): JsonValue {
  const template = JSON.parse(canonicalJson(owner.spec?.template ?? {})) as { readonly [key: string]: JsonValue }
  return { spec: { template: { ...template, $patch: 'replace' } } }
}

/** The template that a revision kept. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const data = revision.data as { readonly spec?: { readonly template?: PodTemplateSpec & { readonly $patch?: string } } } | undefined
  const { $patch: _patch, ...template } = data?.spec?.template ?? {}
  return template
}

/** Finds, renumbers or makes the ControllerRevision of the present template, as StatefulSets and DaemonSets keep them. */
export function historyOf(owner: StatefulSet | DaemonSet, all: readonly ControllerRevision[]): History {
  const revisions = all.filter((one) => isControlledBy(one, owner)).toSorted((a, b) => a.revision - b.revision)
  const data = dataOf(owner)
  const equal = revisions.findLast((one) => canonicalJson(one.data) === canonicalJson(data))
  const next = (revisions.at(-1)?.revision ?? 0) + 1
  if (equal) {
    if (equal === revisions.at(-1)) return { revisions, update: equal, changes: [] }
    const update = { ...equal, revision: next }
    return { revisions, update, changes: [{ do: 'update', object: update }] }
  }
  const hash = templateHash(data, owner.status?.collisionCount ?? 0)
  const update: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${nameOf(owner)}-${hash}`,
      namespace: namespaceOf(owner),
      labels: { ...owner.spec?.template.metadata?.labels, [revisionHashLabel]: hash },
      ownerReferences: [controllerReference(owner)],
    },
    data,
    revision: next,
  }
  return { revisions, update, changes: [{ do: 'create', object: update }] }
}

/** Deletes revisions beyond the limit that nothing runs any more. */
export function dropRevisions(owner: StatefulSet | DaemonSet, history: History, inUse: ReadonlySet<string>): Change[] {
  const limit = owner.spec?.revisionHistoryLimit ?? 10
  const idle = history.revisions.filter(
    (one) =>
      one.metadata.name !== history.update.metadata.name &&
      !inUse.has(nameOf(one)) &&
      !inUse.has(one.metadata.labels?.[revisionHashLabel] ?? ''),
  )
  return idle
    .slice(0, Math.max(idle.length - limit, 0))
    .map((one) => ({ do: 'delete', kind: 'ControllerRevision', namespace: one.metadata.namespace, name: nameOf(one) }))
}
