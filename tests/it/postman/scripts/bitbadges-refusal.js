pm.test(`it is refused with ${status}`, () => {
    const body = pm.response.json();
    pm.response.to.have.status(status);
    pm.expect(body.errorMessage).to.be.a('string').and.match(says);
    pm.expect(body.message).to.equal(body.errorMessage);
    pm.expect(body.unauthorized).to.equal(status === 401 ? true : undefined);
});
