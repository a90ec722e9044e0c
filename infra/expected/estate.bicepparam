// Two subscriptions with services, looked after by a plgate in a third. Every id is made up.
using '../estate.bicep'

param environmentName = 'sample'
param location = 'westeurope'
param recordSubscriptionId = '44444444-4444-4444-4444-444444444444'
param recordGroupName = 'rg-sample-record'
param dataAccountName = 'plgatedatajzlrn4ms6kzl4'
param deadLetterContainerName = 'deadletters'
param principalId = '55555555-5555-5555-5555-555555555555'
param functionAppId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-sample/providers/Microsoft.Web/sites/func-plgate-jzlrn4ms6kzl4'
param serviceResourceGroups = '/subscriptions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/resourceGroups/rg-services,/subscriptions/bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb/resourceGroups/rg-more'
param mode = 'enforce'
