// The events of another subscription than that of plgate, of both kinds. Every id is made up.
using '../watch.bicep'

param environmentName = 'sample'
param location = 'westeurope'
param functionAppId = '/subscriptions/77777777-7777-7777-7777-777777777777/resourceGroups/rg-sample/providers/Microsoft.Web/sites/func-plgate-jzlrn4ms6kzl4'
param recordSubscriptionId = '77777777-7777-7777-7777-777777777777'
param recordGroupName = 'rg-sample-record'
param dataAccountName = 'plgatedatajzlrn4ms6kzl4'
param deadLetterContainerName = 'deadletters'
param resourceNotifications = true
