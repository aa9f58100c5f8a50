metadata description = 'The app on Azure Functions in Container Apps, from the project\'s own image.'

param name string
param environmentName string
param registryName string
param location string
param tags object
param workspaceResourceId string
param settings object

@description('Apart from the settings, so that no deployment\'s history shows them.')
@secure()
param webhooks object
param webhooksGiven { secret: bool, url: bool }

param identityResourceId string
param identityPrincipalId string
param identityClientId string

@description('Subnet that the replicas run in; empty: none.')
param subnetId string

@description('Whether the app has been deployed before: then it keeps its image.')
param exists bool

@description('Cores of a replica; it has twice as many gigabytes.')
param cores int

@minValue(1)
param minimumReplicas int
param maximumReplicas int

@description('App registration that people sign in with; empty: none.')
param authClientId string

@description('Paths that the authentication lets pass.')
param openPaths string[]

// The placeholder before the first deployment listens on 80, unless it is told as our image is. It
// is told: azd exchanges the image alone, so port and probes must fit both.
var port = 8080
var authSecret = 'override-use-mi-fic-assertion-clientid'
var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: registryName
  location: location
  tags: tags
  sku: { name: 'Basic' }
  properties: {
    adminUserEnabled: false
  }
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identityPrincipalId, acrPull)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
    description: 'Pull the app\'s image.'
  }
}

resource managedEnvironment 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: environmentName
  location: location
  tags: tags
  properties: {
    appLogsConfiguration: { destination: 'azure-monitor' }
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId }
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: managedEnvironment
  properties: {
    workspaceId: workspaceResourceId
    logs: [
      { category: 'ContainerAppConsoleLogs', enabled: true }
      { category: 'ContainerAppSystemLogs', enabled: true }
    ]
  }
}

resource deployed 'Microsoft.App/containerApps@2025-07-01' existing = if (exists) {
  name: name
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'container' })
  kind: 'functionapp'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityResourceId}': {} }
  }
  properties: {
    managedEnvironmentId: managedEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: port
        transport: 'auto'
        allowInsecure: false
      }
      registries: [{ server: registry.properties.loginServer, identity: identityResourceId }]
      // The identity's id stands in for a secret (a federated credential), and is none.
      #disable-next-line use-secure-value-for-secure-inputs
      secrets: concat(
        empty(authClientId) ? [] : [{ name: authSecret, value: identityClientId }],
        webhooksGiven.secret ? [{ name: 'webhook-secret', value: webhooks.secret }] : [],
        webhooksGiven.url ? [{ name: 'webhook-url', value: webhooks.url }] : []
      )
    }
    template: {
      containers: [
        {
          name: 'app'
          // before the first deployment there is no image of ours
          image: exists
            ? deployed!.properties.template.containers[0].image
            : 'mcr.microsoft.com/azure-functions/python:4-python3.13'
          env: concat(
            map(items(settings), setting => { name: setting.key, value: setting.value }),
            webhooksGiven.secret ? [{ name: 'WEBHOOK_SECRET', secretRef: 'webhook-secret' }] : [],
            webhooksGiven.url ? [{ name: 'WEBHOOK_URL', secretRef: 'webhook-url' }] : [],
            [{ name: 'ASPNETCORE_URLS', value: 'http://+:${port}' }]
          )
          resources: { cpu: cores, memory: '${cores * 2}Gi' }
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/admin/host/ping', port: port }
              periodSeconds: 5
              failureThreshold: 60
            }
            {
              type: 'Liveness'
              // host and worker, and nothing that they need; of the placeholder the host alone
              httpGet: { path: exists ? '/api/health/live' : '/admin/host/ping', port: port }
              periodSeconds: 30
              failureThreshold: 5
            }
          ]
        }
      ]
      // the timers need a replica that is always there
      scale: { minReplicas: minimumReplicas, maxReplicas: maximumReplicas }
      terminationGracePeriodSeconds: 600 // what runs may end; what does not is taken up again
    }
  }
  dependsOn: [pull]

  resource authentication 'authConfigs' = if (!empty(authClientId)) {
    name: 'current'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        unauthenticatedClientAction: 'RedirectToLoginPage'
        redirectToProvider: 'azureactivedirectory'
        excludedPaths: openPaths
      }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: authClientId
            clientSecretSettingName: authSecret
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          }
          validation: { allowedAudiences: [authClientId, 'api://${authClientId}'] }
        }
      }
    }
  }
}

output name string = app.name
output resourceId string = app.id
output hostname string = app.properties.configuration.ingress.fqdn
output registryEndpoint string = registry.properties.loginServer
