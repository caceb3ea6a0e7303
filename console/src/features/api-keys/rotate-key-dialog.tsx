import { useState, type ReactNode } from 'react'
import { toProblem, type ApiProblem } from '../../api/problem.ts'
import { formatFullTime } from '../../lib/format.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SelectField } from '../../ui/select-field.tsx'
import { describeRefusal, graceChoices } from './api-key-words.ts'
import { type ApiKey, type ShownApiKey, useRotateApiKey } from './api-keys.queries.ts'
import { ShownSecretDialog } from './shown-secret.tsx'

/** Gives a key a new secret, then shows it once. */
export function RotateKeyDialog(props: { tenantId: string; apiKey: ApiKey; onClose: () => void }): ReactNode {
  const { apiKey } = props
  const rotate = useRotateApiKey({ tenantId: props.tenantId, keyId: apiKey.id })
  const [grace, setGrace] = useState<string>(graceChoices[0].value)
  const [rotated, setRotated] = useState<ShownApiKey>()
  const [problem, setProblem] = useState<ApiProblem>()
  const start = async (): Promise<void> => {
    setProblem(undefined)
    try {
      setRotated(await rotate.mutateAsync(Number(grace)))
    } catch (thrown) {
      setProblem(toProblem(thrown))
    }
  }
  if (rotated) {
    return (
      <ShownSecretDialog
        title={`New secret of ${rotated.name}`}
        secret={rotated.secret}
        note={
          rotated.grace_until === null
            ? 'The old one is refused already.'
            : `The old one works until ${formatFullTime(rotated.grace_until)}.`
        }
        onClose={props.onClose}
      />
    )
  }
  return (
    <Dialog
      open
      locked={rotate.isPending}
      title={`Rotate ${apiKey.name}`}
      description="It gets a new secret and stays the same key: its conversations, usage and expiry stay."
      onClose={props.onClose}
      foot={
        <>
          <Button onClick={props.onClose} disabled={rotate.isPending}>
            Keep old secret
          </Button>
          <Button kind="primary" busy={rotate.isPending} onClick={() => void start()}>
            Rotate key
          </Button>
        </>
      }
    >
      <div className="mt-4 flex flex-col gap-2">
        <ProblemNotice className="mb-2" words={problem && describeRefusal(problem)} />
        <SelectField
          label="The old secret works for another"
          hint="Time to put the new one into your servers."
          choices={graceChoices}
          value={grace}
          onChange={(event) => setGrace(event.target.value)}
        />
      </div>
    </Dialog>
  )
}
