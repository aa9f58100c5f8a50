metadata description = 'What wakes somebody up. What to do for each: docs/operations.md.'

param location string
param tags object
param applicationInsightsId string
param eventTopicId string
param databaseId string

@description('Who is told; empty: the alerts are shown in the portal only.')
param email string

type LogAlert = {
  name: string
  description: string
  query: string
  @description('0 is the worst, 4 the least.')
  severity: int
  @description('How often the query runs, over as long a time.')
  every: string
  @description('A column with a number to compare; without it, the rows are counted.')
  measure: string?
  operator: 'GreaterThan' | 'LessThan'
  threshold: string
}

var logAlerts LogAlert[] = [
  {
    name: 'app-silent'
    description: 'The reconcile timer has not run for 15 minutes: the app does not run.'
    query: loadTextContent('../queries/heartbeat.kql')
    severity: 1
    every: 'PT15M'
    operator: 'LessThan'
    threshold: '1'
  }
  {
    name: 'schema-refused'
    description: 'The app refuses the database\'s schema: a deployment is half done.'
    query: loadTextContent('../queries/refused-schema.kql')
    severity: 1
    every: 'PT5M'
    operator: 'GreaterThan'
    threshold: '0'
  }
  {
    name: 'gave-up'
    description: 'A poison queue was not empty: jobs failed although their media may be fine.'
    query: loadTextContent('../queries/gave-up.kql')
    severity: 2
    every: 'PT5M'
    operator: 'GreaterThan'
    threshold: '0'
  }
  {
    name: 'failure-share'
    description: 'More than a fifth of the jobs of the last hour failed.'
    query: loadTextContent('../queries/failure-share.kql')
    severity: 2
    every: 'PT1H'
    measure: 'share'
    operator: 'GreaterThan'
    threshold: '0.2'
  }
  {
    name: 'jobs-waiting'
    description: 'A job has been waiting for a step for more than ten minutes.'
    query: loadTextContent('../queries/oldest-waiting.kql')
    severity: 2
    every: 'PT5M'
    measure: 'seconds'
    operator: 'GreaterThan'
    threshold: '600'
  }
  {
    name: 'engine-restarts'
    description: 'More than five engine processes crashed, hung or ran out of memory.'
    query: loadTextContent('../queries/engine-restarts.kql')
    severity: 3
    every: 'PT15M'
    measure: 'restarts'
    operator: 'GreaterThan'
    threshold: '5'
  }
]

var metricAlerts = [
  {
    name: 'events-undelivered'
    description: 'Event Grid gave up on events. Reconciliation still finds their jobs, but late.'
    scope: eventTopicId
    namespace: 'Microsoft.EventGrid/systemTopics'
    metric: 'DeadLetteredCount'
    aggregation: 'Total'
    threshold: 0
    severity: 2
  }
  {
    name: 'database-full'
    description: 'The database\'s disk is nearly full.'
    scope: databaseId
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    metric: 'storage_percent'
    aggregation: 'Average'
    threshold: 85
    severity: 1
  }
  {
    name: 'database-busy'
    description: 'The database\'s processors are busy.'
    scope: databaseId
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    metric: 'cpu_percent'
    aggregation: 'Average'
    threshold: 90
    severity: 3
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'people'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'people'
    emailReceivers: [{ name: 'email', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: alert.name
    location: location
    tags: tags
    properties: {
      displayName: alert.name
      description: alert.description
      severity: alert.severity
      scopes: [applicationInsightsId]
      evaluationFrequency: alert.every
      windowSize: alert.every
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: alert.?measure == null ? 'Count' : 'Maximum'
            metricMeasureColumn: alert.?measure
            operator: alert.operator
            threshold: json(alert.threshold)
          }
        ]
      }
      autoMitigate: true
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in metricAlerts: {
    name: alert.name
    location: 'global'
    tags: tags
    properties: {
      description: alert.description
      enabled: true
      severity: alert.severity
      scopes: [alert.scope]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.metric
            metricNamespace: alert.namespace
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: 'GreaterThan'
            threshold: alert.threshold
          }
        ]
      }
      autoMitigate: true
      actions: empty(email) ? [] : [{ actionGroupId: people.id }]
    }
  }
]
