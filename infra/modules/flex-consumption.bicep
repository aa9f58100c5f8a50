metadata description = 'The app on Azure Functions, Flex Consumption: scales per function, to none and back.'

param name string
param planName string
param location string
param tags object
param settings object

@description('Apart from the settings, so that no deployment\'s history shows them.')
@secure()
param webhooks object
param webhooksGiven { secret: bool, url: bool }

param identityResourceId string
param deploymentContainerUrl string

@description('Subnet that the instances run in; empty: none.')
param subnetId string

@description('Memory of an instance [MB]. 4096 comes with two cores: two engines and the host fit; 2048 with one.')
@allowed([2048, 4096])
param instanceMemoryMB int

@description('At most this many instances. Each may open 20 connections to the database.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances kept warm, for HTTP and for blob events each.')
@minValue(0)
param alwaysReadyInstances int

@description('Requests that one instance takes at a time. An upload may hold 95 MB.')
param httpConcurrency int

@description('App registration that people sign in with (App Service Authentication); empty: none.')
param authClientId string

@description('Paths that App Service Authentication lets pass.')
param openPaths string[]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityResourceId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      cors: { allowedOrigins: [] }
    }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityResourceId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0
          ? []
          : [
              { name: 'http', instanceCount: alwaysReadyInstances }
              { name: 'blob', instanceCount: alwaysReadyInstances }
            ]
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(
      settings,
      webhooksGiven.secret ? { WEBHOOK_SECRET: webhooks.secret } : {},
      webhooksGiven.url ? { WEBHOOK_URL: webhooks.url } : {}
    )
  }

  // Deploying goes with Entra identities; these two would open a door for passwords.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource authentication 'config' = if (!empty(authClientId)) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'RedirectToLoginPage'
        redirectToProvider: 'azureactivedirectory'
        excludedPaths: openPaths
      }
      httpSettings: { requireHttps: true }
      login: { tokenStore: { enabled: false } }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: authClientId
            // Not a secret: the app's identity stands in for one (a federated credential).
            clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
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
output hostname string = app.properties.defaultHostName
