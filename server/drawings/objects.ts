import { z } from 'zod'

/** What the drawing reads of objects of any kind; whatever else they hold, or lack, does not matter. */
const Words = z.record(z.string(), z.string()).catch({})
const Condition = z.looseObject({ type: z.string(), status: z.string(), reason: z.string().optional() })
const Reason = z.looseObject({ reason: z.string().optional(), exitCode: z.number().optional() }).optional()
const ContainerStatus = z.looseObject({ state: z.looseObject({ waiting: Reason, terminated: Reason }).catch({}) })

export const ObjectRead = z.looseObject({
  kind: z.string().catch(''),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string(),
    labels: Words,
    deletionTimestamp: z.string().optional(),
    ownerReferences: z.array(z.looseObject({ uid: z.string(), controller: z.boolean().optional() })).catch([]),
  }),
  spec: z
    .looseObject({
      replicas: z.number().optional(),
      nodeName: z.string().optional(),
      unschedulable: z.boolean().optional(),
      volumeName: z.string().optional(),
      type: z.string().optional(),
      /** Of a service: labels. Of other kinds: something else. */
      selector: z.unknown().optional(),
      volumes: z
        .array(z.looseObject({ persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional() }))
        .catch([])
        .optional(),
      rules: z
        .array(
          z.looseObject({
            http: z
              .looseObject({
                paths: z.array(
                  z.looseObject({ backend: z.looseObject({ service: z.looseObject({ name: z.string() }).optional() }).optional() }),
                ),
              })
              .optional(),
          }),
        )
        .catch([])
        .optional(),
    })
    .catch({}),
  status: z
    .looseObject({
      phase: z.string().optional(),
      reason: z.string().optional(),
      replicas: z.number().optional(),
      readyReplicas: z.number().optional(),
      numberReady: z.number().optional(),
      desiredNumberScheduled: z.number().optional(),
      active: z.number().optional(),
      succeeded: z.number().optional(),
      conditions: z.array(Condition).catch([]).optional(),
      containerStatuses: z.array(ContainerStatus).catch([]).optional(),
      initContainerStatuses: z.array(ContainerStatus).catch([]).optional(),
    })
    .catch({}),
})
export type ObjectRead = z.infer<typeof ObjectRead>

export const conditionOf = (object: ObjectRead, type: string): boolean =>
  object.status.conditions?.some((each) => each.type === type && each.status === 'True') ?? false

export const ownerOf = (object: ObjectRead): string | undefined =>
  object.metadata.ownerReferences.find(({ controller }) => controller === true)?.uid

/** Labels that a service selects by; undefined when it has none. */
export function selectorOf({ spec }: ObjectRead): Readonly<Record<string, string>> | undefined {
  const read = z.record(z.string(), z.string()).safeParse(spec.selector)
  return read.success && Object.keys(read.data).length > 0 ? read.data : undefined
}
