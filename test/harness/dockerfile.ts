import { DockerfileParser, From, type Instruction, ModifiableInstruction } from 'dockerfile-ast'

/** A line of a Dockerfile; one that goes on on the next lines is one. */
export interface Step {
  /** Like RUN. */
  keyword: string
  /** What stands before the arguments, like `--from=build`. */
  flags: Record<string, string>
  /** The rest, as it stands there. */
  text: string
}

/** What a FROM begins. */
export interface Stage {
  name: string
  /** An image, or the name of an earlier stage. */
  from: string
  steps: Step[]
}

/** The stages of a Dockerfile, in their order. */
export function readDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction instanceof From) {
      const [name, from] = [instruction.getBuildStage(), instruction.getImage()]
      if (!name || !from) throw new Error(`A stage of ${from} has no name`)
      stages.push({ name, from, steps: [] })
    } else {
      stages.at(-1)?.steps.push(readStep(instruction))
    }
  }
  return stages
}

function readStep(instruction: Instruction): Step {
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : []
  return {
    keyword: instruction.getKeyword(),
    flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ''])),
    text: instruction.getArgumentsContent() ?? '',
  }
}
