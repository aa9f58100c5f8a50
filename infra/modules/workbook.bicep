metadata description = 'The queries of docs/operations.md on one page of the portal.'

param name string
param location string
param tags object
param applicationInsightsId string

var queries = [
  { title: 'One job (put its UUID above)', query: loadTextContent('../queries/job.kql') }
  { title: 'Open jobs, by state and type', query: loadTextContent('../queries/open-jobs.kql') }
  { title: 'The longest wait', query: loadTextContent('../queries/oldest-waiting.kql') }
  { title: 'Failures by code', query: loadTextContent('../queries/failures-by-code.kql') }
  { title: 'Jobs that failed', query: loadTextContent('../queries/failed-jobs.kql') }
  { title: 'Given up after five tries', query: loadTextContent('../queries/gave-up.kql') }
  { title: 'Jobs that waited', query: loadTextContent('../queries/waiting-jobs.kql') }
  { title: 'Attempts that an engine cost', query: loadTextContent('../queries/engine-failures.kql') }
  { title: 'Engine processes replaced', query: loadTextContent('../queries/engine-restarts.kql') }
  { title: 'Frames per second', query: loadTextContent('../queries/frame-rates.kql') }
  { title: 'Steps: attempts and durations', query: loadTextContent('../queries/durations.kql') }
  { title: 'Storage or database away', query: loadTextContent('../queries/outages.kql') }
]

var parameters = {
  type: 9
  name: 'parameters'
  content: {
    version: 'KqlParameterItem/1.0'
    parameters: [
      {
        id: guid(name, 'TimeRange')
        version: 'KqlParameterItem/1.0'
        name: 'TimeRange'
        type: 4
        isRequired: true
        value: { durationMs: 86400000 }
        typeSettings: {
          selectableValues: [
            { durationMs: 3600000 }
            { durationMs: 86400000 }
            { durationMs: 604800000 }
            { durationMs: 2592000000 }
          ]
        }
      }
      {
        id: guid(name, 'Job')
        version: 'KqlParameterItem/1.0'
        name: 'Job'
        type: 1
        value: '00000000-0000-0000-0000-000000000000'
      }
    ]
  }
}

var items = map(queries, (item, index) => {
  type: 3
  name: 'query-${index}'
  content: {
    version: 'KqlItem/1.0'
    title: item.title
    query: item.query
    size: 0
    timeContextFromParameter: 'TimeRange'
    queryType: 0
    resourceType: 'microsoft.insights/components'
  }
})

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, name)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: name
    category: 'workbook'
    sourceId: applicationInsightsId
    serializedData: string({ version: 'Notebook/1.0', items: concat([parameters], items) })
  }
}
