import type { ReactNode } from 'react'
import { Controller } from 'react-hook-form'
import { ChoiceCards } from '../ui/choice-cards.tsx'
import { TextField } from '../ui/field.tsx'
import { hasAddress, type ConnectionFields } from './connection-fields.ts'
import { ConnectionForm } from './connection-form.tsx'
import { ConnectionKeyField } from './connection-key-field.tsx'
import type { Connection } from './use-connection.ts'

type Provider = ConnectionFields['model_provider']

const providers: readonly { value: Provider; label: string; note: string }[] = [
  { value: 'automatic', label: 'Automatic', note: 'Its own key with OpenAI, else what the platform has.' },
  { value: 'openai', label: 'OpenAI', note: 'With its own key, else the platform’s.' },
  { value: 'deepseek', label: 'DeepSeek', note: 'With its own key, else the platform’s.' },
  {
    value: 'openai-compatible',
    label: 'OpenAI-compatible',
    note: 'Any server with OpenAI’s API, at an address of its own.',
  },
  { value: 'offline', label: 'Offline', note: 'Built in: quotes passages, needs no key and no network.' },
]

/**
 * Who answers for a tenant: provider, model, address, key. Enter saves, unless `onSubmit` is given; put the button that
 * submits into `foot`.
 */
export function ModelConnectionForm(props: {
  connection: Connection
  onSubmit?: () => void
  foot?: ReactNode
}): ReactNode {
  const { connection } = props
  const { form, rules, fields, tenant } = connection
  const isOffline = fields.model_provider === 'offline'
  return (
    <ConnectionForm connection={connection} onSubmit={props.onSubmit}>
      <Controller
        control={form.control}
        name="model_provider"
        render={({ field }) => (
          <ChoiceCards
            stacked
            label="Provider"
            value={field.value}
            choices={providers}
            onChoose={(provider) => {
              field.onChange(provider)
              // Which key is needed depends on it.
              form.clearErrors(['model_api_key', 'model_base_url', 'model'])
            }}
          />
        )}
      />
      {hasAddress({ fields, tenant }) && (
        <TextField
          label="Base URL"
          inputMode="url"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          mono
          placeholder="https://models.example.org/v1"
          hint="Where its API is, mostly ending with /v1."
          error={connection.errorOf('model_base_url')}
          {...form.register('model_base_url', { validate: rules.model_base_url, deps: 'model_api_key' })}
        />
      )}
      {!isOffline && (
        <ConnectionKeyField
          connection={connection}
          label="Model API key"
          hint="Sealed when saved. Nobody can read it again, you neither."
        />
      )}
      {!isOffline && (
        <TextField
          label="Model"
          optional={fields.model_provider !== 'openai-compatible'}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          mono
          hint={describeModelHint(fields.model_provider)}
          error={connection.errorOf('model')}
          {...form.register('model', { validate: rules.model })}
        />
      )}
      {props.foot}
    </ConnectionForm>
  )
}

function describeModelHint(provider: Provider): string {
  if (provider === 'openai-compatible') return 'As its server names it.'
  return 'Empty is the platform’s default.'
}
