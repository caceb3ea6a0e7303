import type { ReactNode } from 'react'
import { Controller } from 'react-hook-form'
import { TextField } from '../ui/field.tsx'
import type { ConnectionField } from './connection-fields.ts'
import { ConnectionForm } from './connection-form.tsx'
import { ConnectionKeyField } from './connection-key-field.tsx'
import { RetrievalChoice } from './retrieval-choice.tsx'
import type { Connection } from './use-connection.ts'

/**
 * Where a tenant's passages are found: key, index, namespace, region, text field, embedding model, retrieval. Enter
 * saves, unless `onSubmit` is given; put the button that submits into `foot`.
 */
export function PineconeConnectionForm(props: {
  connection: Connection
  /** Where retrieval is set on a page of its own. */
  withoutRetrieval?: boolean
  onSubmit?: () => void
  foot?: ReactNode
}): ReactNode {
  const { connection } = props
  const { form, fields, tenant } = connection
  const newEmbedding = fields.embedding_model.trim() !== tenant.embedding_model
  const text = (
    name: Exclude<ConnectionField, 'model_provider' | 'retrieval'>,
    words: { label: string; hint?: string; optional?: boolean; placeholder?: string },
  ): ReactNode => (
    <TextField
      {...words}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      mono
      error={connection.errorOf(name)}
      {...form.register(name, { validate: connection.rules[name] })}
    />
  )
  return (
    <ConnectionForm connection={connection} onSubmit={props.onSubmit}>
      <ConnectionKeyField
        connection={connection}
        label="Pinecone API key"
        hint="Sealed when saved. Nobody can read it again, you neither."
      />
      <div className="grid grid-cols-2 gap-4 phone:grid-cols-1">
        {text('pinecone_index', { label: 'Index', hint: 'Empty, a test names those the key opens.' })}
        {text('pinecone_namespace', { label: 'Namespace', optional: true, hint: 'Empty is Pinecone’s default.' })}
        {text('pinecone_environment', {
          label: 'Region',
          optional: true,
          hint: 'When set, the index must lie there.',
          placeholder: 'us-east-1',
        })}
        {text('pinecone_text_field', { label: 'Text field in metadata', hint: 'Holds the text of each vector.' })}
      </div>
      {text('embedding_model', {
        label: 'Embedding model',
        hint: newEmbedding
          ? 'Vectors of another model do not fit: the index must be filled with this one.'
          : 'Must be the model that filled the index.',
      })}
      {!props.withoutRetrieval && (
        <Controller
          control={form.control}
          name="retrieval"
          render={({ field }) => <RetrievalChoice look="stacked" value={field.value} onChoose={field.onChange} />}
        />
      )}
      {props.foot}
    </ConnectionForm>
  )
}
