// RFC 7644, section 3.12
pm.test(`it is refused with ${status}`, () => {
    const body = pm.response.json();
    pm.response.to.have.status(status);
    pm.response.to.have.header('content-type', 'application/scim+json');
    pm.expect(body.schemas).to.eql(['urn:ietf:params:scim:api:messages:2.0:Error']);
    pm.expect(body.status).to.equal(String(status));
    pm.expect(body.detail).to.match(says);
});
