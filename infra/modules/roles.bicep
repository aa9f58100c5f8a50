metadata description = 'What the app\'s identity may do. Every role with its reason; docs/security.md has the same list.'

param principalId string
param mediaStorageName string
param hostStorageName string
param applicationInsightsName string

var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

var onMedia = [
  {
    role: roles.storageBlobDataContributor
    reason: 'Make and delete a container per job, read and write its blobs, sign upload addresses.'
  }
  {
    role: roles.storageQueueDataContributor
    reason: 'The queue of jobs to go on with, and the poison queues of the triggers.'
  }
]

var onHost = [
  {
    role: roles.storageBlobDataOwner
    reason: 'What the Functions host asks for: leases of its timers, its keys, the deployed package.'
  }
  {
    role: roles.storageQueueDataContributor
    reason: 'The host\'s queue of blob events.'
  }
  {
    role: roles.storageTableDataContributor
    reason: 'The host\'s diagnostic events.'
  }
]

resource media 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: mediaStorageName
}

resource host 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: hostStorageName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource mediaRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for item in onMedia: {
    name: guid(media.id, principalId, item.role)
    scope: media
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', item.role)
      principalId: principalId
      principalType: 'ServicePrincipal'
      description: item.reason
    }
  }
]

resource hostRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for item in onHost: {
    name: guid(host.id, principalId, item.role)
    scope: host
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', item.role)
      principalId: principalId
      principalType: 'ServicePrincipal'
      description: item.reason
    }
  }
]

resource telemetryRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, principalId, roles.monitoringMetricsPublisher)
  scope: applicationInsights
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'Send telemetry: Application Insights takes no key.'
  }
}
