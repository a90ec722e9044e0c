// A subscription of another tenant, whose services plgate decides about. Every id is made up.
using '../lighthouse.bicep'

param managingTenantId = '88888888-8888-8888-8888-888888888888'
param principalId = '55555555-5555-5555-5555-555555555555'
param serviceResourceGroupNames = 'rg-services, rg-more'
param rights = 'decide'
