import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../kernel/user-error.ts'
import { checkImages, problemText } from '../../simulator/images/check.ts'
import type { ImageDocument } from '../../simulator/images/schema.ts'

/** More than this is no folder of image descriptions. */
const mostFiles = 500

/**
 * Reads a person's own image descriptions: every `.yaml` of a folder, checked.
 * @throws UserError 'bad-config' that says every mistake with its file, line and column
 */
export async function readOwnImages(folder: string): Promise<Readonly<Record<string, ImageDocument>>> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new UserError('bad-config', `The folder of images ${folder} cannot be read. Give one that is there with --images.`, cause)
  })
  const files = names.filter((name) => /\.ya?ml$/.test(name)).toSorted()
  if (files.length === 0) throw new UserError('bad-config', `There is no image description (NAME.yaml) in ${folder}.`)
  if (files.length > mostFiles) throw new UserError('bad-config', `${folder} has ${files.length} files; at most ${mostFiles} are read.`)
  const checked = await Promise.all(
    files.map(async (name) => ({ name, ...checkImages(await readFile(join(folder, name), 'utf8'), join(folder, name)) })),
  )
  const problems = checked.flatMap((each) => each.problems)
  if (problems.length > 0) throw new UserError('bad-config', ['These images are not right:', ...problems.map(problemText)].join('\n'))
  return Object.fromEntries(checked.flatMap(({ name, images }) => images.map((image, index) => [`own/${name}/${index}`, image] as const)))
}
